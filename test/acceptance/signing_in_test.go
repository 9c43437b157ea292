// Signing in: what a client sends, and what it gets, to the letter.
package acceptance_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit"
)

// spelling is one way in which a client may ask for a code and give it back.
type spelling struct {
	family     string
	request    kit.JSON
	verify     kit.JSON // without the code
	code       string   // what the code is called
	kind       string   // as the message says it
	channel    string
	to, masked string
}

var spellings = map[string]spelling{
	"e-mail": {
		"/api/auth",
		kit.JSON{"identifier": " Ada@Example.COM "},
		kit.JSON{"identifier": "ada@EXAMPLE.com"},
		"otp_code",
		"email", "email", "ada@example.com", "ad***@example.com",
	},
	"phone": {
		"/api/auth",
		kit.JSON{"identifier": "+1 (555) 123-4567"},
		kit.JSON{"identifier": "+15551234567"},
		"otp_code",
		"phone", "sms", "+15551234567", "***4567",
	},
	"phone by whatsapp": {
		"/api/auth",
		kit.JSON{"identifier": "+15551234567", "channel": "whatsapp", "locale": "en-GB"},
		kit.JSON{"phone": "+15551234567"},
		"code",
		"phone", "whatsapp", "+15551234567", "***4567",
	},
	"members named by kind": {
		"/api/auth",
		kit.JSON{"email": "al@example.com", "channel": "", "source_url": ""},
		kit.JSON{"email": "al@example.com", "challenge_id": nil},
		"otp",
		"email", "email", "al@example.com", "a***@example.com",
	},
	"accounts": {
		"/accounts",
		kit.JSON{"identifier": "ada@example.com", "channel": "email"},
		kit.JSON{"identifier": "ada@example.com", "channel": "email"},
		"otp",
		"your email address", "email", "ada@example.com", "ad***@example.com",
	},
	"accounts, e-mail, legacy": {
		"/accounts",
		kit.JSON{"email": "ada@example.com"},
		kit.JSON{"email": "ada@example.com"},
		"otp",
		"your email address", "email", "ada@example.com", "ad***@example.com",
	},
	"accounts, phone, legacy": {
		"/accounts",
		kit.JSON{"phone": "+44 20 7946 0958"},
		kit.JSON{"phone": "+442079460958"},
		"otp",
		"your phone number", "sms", "+442079460958", "***0958",
	},
	"accounts, the names of the other family": {
		"/accounts",
		kit.JSON{"identifier": "+442079460958", "channel": "phone"},
		kit.JSON{"identifier": "+442079460958"},
		"otp_code",
		"your phone number", "sms", "+442079460958", "***0958",
	},
}

// at is the time of the tests that compare whole bodies.
var at = fake.Noon

func TestSigningIn_inEverySpelling(t *testing.T) {
	t.Parallel()
	for name, row := range spellings {
		for ending, slash := range map[string]string{"": "", ", with a slash": "/"} {
			t.Run(name+ending, func(t *testing.T) {
				t.Parallel()
				kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
					signInSpelt(t, db, row, slash)
				})
			})
		}
	}
}

func signInSpelt(t *testing.T, db kit.Database, row spelling, slash string) {
	s := kit.Start(t, db, kit.Options{Clock: fake.NewClock()})
	asked := s.Post(t, row.family+"/otp/request"+slash, row.request).Want(t, http.StatusOK)
	requireBody(t, asked, kit.JSON{
		"success": true, "message": "OTP sent to " + row.kind, "challenge_id": asked.Text("challenge_id"),
		"channel":   row.channel,
		"recipient": row.masked, "code_length": 6, "expires_at": at.Add(5 * time.Minute), "expires_in": 300, "attempts": 3,
		"sends_left": 2, "resend_after": 0,
	})
	letters := s.Inbox.Wait(t, 1)
	require.Equal(t, row.to, letters[0].To)
	require.Equal(t, row.channel, string(letters[0].Channel))
	require.Equal(t, asked.Text("challenge_id"), string(letters[0].ChallengeID))

	verify := maps.Clone(row.verify)
	verify[row.code] = letters[0].Code
	signedIn := s.Post(t, row.family+"/otp/verify"+slash, verify).Want(t, http.StatusOK)
	requireSignedIn(t, signedIn, row)
	access := signedIn.Text("access")
	if access == "" {
		access = signedIn.Text("tokens", "access")
	}

	profile := s.Do(t, http.MethodGet, "/api/profile"+slash, nil, kit.Bearer(access)).Want(t, http.StatusOK)
	want, ok := signedIn.Member("user").(kit.JSON)
	require.True(t, ok, signedIn)
	want["profile"] = kit.JSON{"company": "", "position": ""}
	requireBody(t, profile, want)
}

// requireSignedIn holds the answer to a verify against what its family answers to
// a new user.
func requireSignedIn(t *testing.T, got kit.Answer, row spelling) {
	t.Helper()
	user := kit.JSON{
		"id": 1, "uuid": got.Text("user", "uuid"), "email": row.to, "email_verified": true, "phone": "",
		"phone_verified": false,
		"username":       got.Text("user", "username"), "first_name": "", "last_name": "", "full_name": "", "is_staff": false,
		"date_joined": at, "last_login": at,
	}
	stem, _, _ := strings.Cut(row.to, "@")
	if strings.HasPrefix(row.to, "+") {
		stem = "user"
		maps.Copy(user, kit.JSON{
			"email": "phone_" + row.to[1:] + "@phone.invalid", "email_verified": false, "phone": row.to, "phone_verified": true,
		})
	}
	require.Regexp(t, "^"+stem+"-[a-z2-7]{6}$", got.Text("user", "username"))
	want := kit.JSON{"user": user, "is_new_user": true, "session_id": got.Text("session_id")}
	if row.family == "/accounts" {
		maps.Copy(want, kit.JSON{
			"access": got.Text("access"), "refresh": got.Text("refresh"), "token_type": "Bearer",
			"expires_in": 3600,
		})
	} else {
		want["success"] = true
		want["tokens"] = kit.JSON{
			"access": got.Text("tokens", "access"), "refresh": got.Text("tokens", "refresh"), "token_type": "Bearer",
			"expires_in": 3600,
		}
	}
	requireBody(t, got, want)
	require.NotEqual(t, got.Text("access")+got.Text("tokens", "access"), got.Text("refresh")+got.Text("tokens", "refresh"))
	for _, id := range []string{got.Text("session_id"), got.Text("user", "uuid")} {
		require.Regexp(t, uuidV7, id)
	}
}

const uuidV7 = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"

// requireBody compares a whole body, and looks at the headers that every answer
// with personal data has.
func requireBody(t *testing.T, got kit.Answer, want kit.JSON) {
	t.Helper()
	text, err := json.Marshal(want)
	require.NoError(t, err)
	require.JSONEq(t, string(text), string(got.Body))
	require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
	require.NotEmpty(t, got.Header.Get("X-Request-Id"))
}

// A returning user keeps their identity, by every channel and spelling.
func TestSigningIn_again(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		clock := fake.NewClock()
		s := kit.Start(t, db, kit.Options{Clock: clock})
		first := s.SignIn(t, "+15551234567")
		require.True(t, first.IsNew)
		clock.Advance(time.Minute)
		s.Post(t, "/accounts/otp/request/", kit.JSON{"phone": "+1 555 123 4567", "channel": "voice"}).Want(t, http.StatusOK)
		again := s.Post(t, kit.VerifyPath,
			kit.JSON{"phone": "+1-555-123-4567", "otp_code": s.Code(t, "+15551234567")}).Session(t)
		require.False(t, again.IsNew)
		require.Equal(t, first.UserID, again.UserID)
		require.NotEqual(t, first.ID, again.ID)
		require.Equal(t, first.Member("user", "date_joined"), again.Member("user", "date_joined"))
		require.Equal(t, at.Add(time.Minute).Format(time.RFC3339), again.Text("user", "last_login"))
		for _, access := range []string{first.Access, again.Access} {
			require.Equal(t, first.UserUUID, s.Profile(t, access).Want(t, http.StatusOK).Text("uuid"))
		}
		require.Equal(t, 1, db.Count(t, "SELECT count(*) FROM users"))
		require.Equal(t, 2, db.Count(t, "SELECT count(*) FROM sessions"))
	})
}

// E-mail addresses and phone numbers prove only themselves.
func TestSigningIn_kindsAreDifferentPeople(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		require.NotEqual(t, s.SignIn(t, "ada@example.com").UserID, s.SignIn(t, "+15551234567").UserID)
		require.NotEqual(t, s.SignIn(t, "ada+tag@example.com").UserID, s.SignIn(t, "+15551234568").UserID)
		require.Equal(t, 4, db.Count(t, "SELECT count(*) FROM users"))
	})
}
