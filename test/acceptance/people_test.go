// Users: how an account is created, what is stored about it, and what a disabled one can
// still do.
package acceptance_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

// Neither a request nor a wrong guess creates a user.
func TestPeople_areMadeByProof(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		for _, who := range []string{"ada@example.com", "+15551234567"} {
			s.Post(t, kit.RequestPath, kit.JSON{"identifier": who, "source_url": "https://example.org/"}).Want(t, http.StatusOK)
			s.Verify(t, who, kit.WrongCodes(s.Code(t, who), 1)[0]).Want(t, http.StatusBadRequest)
		}
		for _, table := range []string{"users", "sessions", "registration_sources", "user_registration_sources"} {
			require.Zero(t, db.Count(t, "SELECT count(*) FROM "+table), table)
		}
	})
}

func TestPeople_disabled(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		ada := s.SignIn(t, "ada@example.com")
		lastLogin := "SELECT count(*) FROM users WHERE last_login IS NOT NULL AND last_login = date_joined"
		require.Equal(t, 1, db.Count(t, lastLogin))
		db.Exec(t, "UPDATE users SET is_active = $1 WHERE email = $2", false, "ada@example.com")

		s.Profile(t, ada.Access).Refused(t, http.StatusUnauthorized, "token_not_valid")
		s.Do(t, http.MethodPatch, kit.ProfilePath, kit.JSON{"first_name": "Ada"}, kit.Bearer(ada.Access)).
			Refused(t, http.StatusUnauthorized, "token_not_valid")
		asked := s.Request(t, "ada@example.com").Want(t, http.StatusOK)
		code := s.Code(t, "ada@example.com")
		requireRefused(t, s.VerifyChallenge(t, asked.Text("challenge_id"), kit.WrongCodes(code, 1)[0]), 2)
		s.Verify(t, "ada@example.com", code).Refused(t, http.StatusForbidden, "account_disabled")
		requireRefused(t, s.VerifyChallenge(t, asked.Text("challenge_id"), code), 0)
		require.Equal(t, 1, db.Count(t, "SELECT count(*) FROM sessions"))
		require.Equal(t, 1, db.Count(t, lastLogin), "the last login has moved")

		db.Exec(t, "UPDATE users SET is_active = $1", true)
		s.Profile(t, ada.Access).Want(t, http.StatusOK)
		require.Equal(t, ada.UserID, s.SignIn(t, "ada@example.com").UserID)
	})
}

// A token is as good as the session behind it.
func TestPeople_whoseSessionIsGone(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		ada, eve := s.SignIn(t, "ada@example.com"), s.SignIn(t, "eve@example.com")
		db.Exec(t, "DELETE FROM sessions WHERE id = $1", ada.ID)
		s.Profile(t, ada.Access).Refused(t, http.StatusUnauthorized, "token_not_valid")
		s.Profile(t, eve.Access).Want(t, http.StatusOK)
	})
}

func TestPeople_withoutAToken(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		ada := s.SignIn(t, "ada@example.com")
		for _, method := range []string{http.MethodGet, http.MethodPatch} {
			answer := s.Do(t, method, kit.ProfilePath, nil).Refused(t, http.StatusUnauthorized, "not_authenticated")
			require.Equal(t, "Bearer", answer.Header.Get("WWW-Authenticate"))
			for _, token := range []string{ada.Refresh, ada.Access[:len(ada.Access)-1], ada.Access + "A", "x.y.z"} {
				s.Do(t, method, kit.ProfilePath, nil, kit.Bearer(token)).Refused(t, http.StatusUnauthorized, "token_not_valid")
			}
		}
	})
}

func TestPeople_tellAboutThemselves(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		ada := s.SignIn(t, "ada@example.com")
		change := func(body any) kit.Answer {
			return s.Do(t, http.MethodPatch, kit.ProfilePath, body, kit.Bearer(ada.Access))
		}
		got := change(kit.JSON{
			"first_name": " Ada ", "last_name": "Lovelace", "profile": kit.JSON{"company": "Analytical Engines"},
			"id": ada.UserID, "is_staff": false, "email": "ada@example.com", "is_superuser": true,
		}).Want(t, http.StatusOK)
		require.Equal(t, "Ada Lovelace", got.Text("full_name"))
		require.Equal(t, "Analytical Engines", got.Text("profile", "company"))
		require.Equal(t, ada.UserID, got.Number("id"))
		require.Equal(t, "ada@example.com", got.Text("email"))
		require.Equal(t, false, got.Member("is_staff"))
		require.Equal(t, ada.Text("user", "username"), got.Text("username"))
		requireBody(t, s.Profile(t, ada.Access), got.Members())

		change(got.Members()).Want(t, http.StatusOK) // all of it, as it was shown
		told := change(kit.JSON{
			"first_name": "Root", "id": 7, "is_staff": true, "email": "root@example.com",
			"email_verified": false, "username": "root",
		}).
			Refused(t, http.StatusBadRequest, "invalid_request")
		for _, name := range []string{"id", "is_staff", "email", "email_verified", "username"} {
			require.Contains(t, string(told.Body), `{"pointer":"/`+name+`","detail":"Cannot be changed here"}`)
		}
		require.Equal(t, got.Members(), s.Profile(t, ada.Access).Members(), "nothing was changed")

		after := change(kit.JSON{"first_name": nil, "last_name": ""}).Want(t, http.StatusOK)
		require.Equal(t, "Ada", after.Text("full_name"), "null is absent, empty is empty")
		for body, pointer := range map[string]string{
			`{"first_name": 1}`:                                      "/first_name",
			`{"profile": []}`:                                        "/profile",
			`{"profile": {"position": false}}`:                       "/profile/position",
			`{"last_name": "` + strings.Repeat("x", 151) + `"}`:      "/last_name",
			`{"first_name": "x", "profile": {"company": "a\u202e"}}`: "/profile/company",
		} {
			answer := change(body).Refused(t, http.StatusBadRequest, "invalid_request")
			require.Contains(t, string(answer.Body), `"pointer":"`+pointer+`"`)
		}
		requireBody(t, s.Profile(t, ada.Access), after.Members())
		require.Equal(t, "Ada", s.SignIn(t, "ada@example.com").Text("user", "full_name"))
	})
}
