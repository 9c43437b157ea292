package kit

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// The paths of the main family.
const (
	RequestPath = "/api/auth/otp/request/"
	VerifyPath  = "/api/auth/otp/verify/"
	ProfilePath = "/api/profile/"
)

// JSON is the body of a request.
type JSON = map[string]any

// Request asks for a code.
func (c Client) Request(t testing.TB, identifier string, headers ...Header) Answer {
	t.Helper()
	return c.Post(t, RequestPath, JSON{"identifier": identifier}, headers...)
}

// Verify gives a code back.
func (c Client) Verify(t testing.TB, identifier, code string, headers ...Header) Answer {
	t.Helper()
	return c.Post(t, VerifyPath, JSON{"identifier": identifier, "otp_code": code}, headers...)
}

// VerifyChallenge gives a code back by the id of its challenge alone.
func (c Client) VerifyChallenge(t testing.TB, id, code string, headers ...Header) Answer {
	t.Helper()
	return c.Post(t, VerifyPath, JSON{"challenge_id": id, "otp_code": code}, headers...)
}

// Profile requests the profile of a token.
func (c Client) Profile(t testing.TB, access string) Answer {
	t.Helper()
	return c.Do(t, http.MethodGet, ProfilePath, nil, Bearer(access))
}

// Session is what a client holds after a sign-in.
type Session struct {
	Answer
	ID, Access, Refresh string
	UserID              int
	UserUUID            string
	IsNew               bool
}

// Session reads the answer to a verify of the main family, which must be a
// success.
func (a Answer) Session(t testing.TB) Session {
	t.Helper()
	a.Want(t, http.StatusOK)
	isNew, ok := a.Member("is_new_user").(bool)
	require.True(t, ok, a)
	return Session{
		Answer: a, ID: a.Text("session_id"), Access: a.Text("tokens", "access"), Refresh: a.Text("tokens", "refresh"),
		UserID: a.Number("user", "id"), UserUUID: a.Text("user", "uuid"), IsNew: isNew,
	}
}

// WrongCodes are n codes of the same length that are none of them the right one;
// at most nine.
func WrongCodes(right string, n int) []string {
	wrong := make([]string, n)
	last := len(right) - 1
	for i := range wrong {
		wrong[i] = right[:last] + string('0'+(right[last]-'0'+byte(i)+1)%10)
	}
	return wrong
}
