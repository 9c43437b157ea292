// Accounts: what operators do with people by commands, beside a service that runs.
package acceptance_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/fake/telegramserver"
	"github.com/doorcode-auth/doorcode/test/kit"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// operator calls user commands on a database, and has settings of their own.
type operator struct {
	database string
	settings map[string]string
}

func (o operator) runs(t *testing.T, args ...string) kit.Result {
	t.Helper()
	environment := []string{"DOORCODE_DATABASE_URL=" + o.database, "DOORCODE_SECRET_KEY=" + kit.SecretKey}
	for _, key := range slices.Sorted(maps.Keys(o.settings)) {
		environment = append(environment, "DOORCODE_"+strings.ToUpper(strings.ReplaceAll(key, ".", "_"))+"="+o.settings[key])
	}
	return kit.Run(t, kit.Binary(t), t.TempDir(), environment, append([]string{"user"}, args...)...)
}

// does wants a command to succeed, and gives what it prints as JSON.
func (o operator) does(t *testing.T, args ...string) map[string]any {
	t.Helper()
	done := o.runs(t, append(args, "--output", "json")...)
	require.Zero(t, done.Code, done.Err)
	var printed map[string]any
	require.NoError(t, json.Unmarshal([]byte(done.Out), &printed), done.Out)
	return printed
}

// A disabled user is out at once: with tokens, with refresh tokens and with codes.
// What has ended stays ended.
func TestAccounts_deactivated(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		chat := telegramserver.New(t)
		s := kit.Start(t, db, kit.Options{Set: map[string]string{"ratelimit.identifier_requests": "0"}})
		o := operator{db.URL, withTelegram(chat.URL, nil)}
		ada, second, bob := s.SignIn(t, "ada@example.com"), s.SignIn(t, "ada@example.com"), s.SignIn(t, "bob@example.com")
		out := func() {
			for _, session := range []kit.Session{ada, second} {
				s.Profile(t, session.Access).Refused(t, http.StatusUnauthorized, "token_not_valid")
				s.Refresh(t, session.Refresh).Refused(t, http.StatusUnauthorized, "token_not_valid")
				s.VerifyToken(t, session.Refresh).Refused(t, http.StatusUnauthorized, "token_not_valid")
			}
			s.Profile(t, bob.Access).Want(t, http.StatusOK)
		}
		require.Equal(t, true, o.does(t, "deactivate", "--email", "Ada@Example.com")["changed"])
		out()
		notice := strings.Join(chat.Texts(), "\n")
		require.Contains(t, notice, "Account deactivated\nWho: ad***@example.com\nUser: "+ada.UserUUID,
			"told before the command ended")
		s.Request(t, "ada@example.com").Want(t, http.StatusOK)
		s.Verify(t, "ada@example.com", s.Code(t, "ada@example.com")).Refused(t, http.StatusForbidden, "account_disabled")
		require.Equal(t, false, o.does(t, "deactivate", "--id", strconv.Itoa(ada.UserID))["changed"])
		require.Zero(t, db.Count(t, "SELECT count(*) FROM sessions WHERE user_id = $1", ada.UserID))

		require.Equal(t, true, o.does(t, "activate", "--id", strconv.Itoa(ada.UserID))["changed"])
		out()
		require.Contains(t, strings.Join(chat.Texts(), "\n"), "Account activated\nWho: ad***@example.com")
		require.Len(t, chat.Texts(), 2, "what changes nothing is not told")
		again := s.SignIn(t, "ada@example.com")
		require.Equal(t, ada.UserID, again.UserID)
		s.Profile(t, again.Access).Want(t, http.StatusOK)
		out()
	})
}

// One argument names a user by e-mail address, phone number or id, in any spelling.
func TestAccounts_namedByOneArgument(t *testing.T) {
	t.Parallel()
	db := kit.OnSQLite(t)
	s := kit.Start(t, db, kit.Options{})
	ada, bob := s.SignIn(t, "ada@example.com"), s.SignIn(t, "+15551234567")
	o := operator{database: db.URL}
	for argument, id := range map[string]int{
		" Ada@Example.com": ada.UserID, strconv.Itoa(ada.UserID): ada.UserID, "+1 (555) 123-4567": bob.UserID,
		strconv.Itoa(bob.UserID): bob.UserID,
	} {
		user, ok := o.does(t, "show", argument)["user"].(map[string]any)
		require.True(t, ok, argument)
		require.EqualValues(t, id, user["id"], argument)
	}
	require.Equal(t, true, o.does(t, "deactivate", "ada@example.com")["changed"])
	require.Equal(t, true, o.does(t, "activate", "ada@example.com")["changed"])
	require.NotEmpty(t, o.does(t, "export", "+15551234567")["exported_at"])
	require.Equal(t, true, o.does(t, "delete", "--yes", strconv.Itoa(bob.UserID))["deleted"])
}

// Admins that cannot be notified delay nothing.
func TestAccounts_whenTelegramIsAway(t *testing.T) {
	t.Parallel()
	db := kit.OnSQLite(t)
	s := kit.Start(t, db, kit.Options{})
	s.SignIn(t, "ada@example.com")
	o := operator{db.URL, withTelegram("http://127.0.0.1:1", nil)}
	done := o.runs(t, "deactivate", "--email", "ada@example.com")
	require.Zero(t, done.Code, done.Err)
	require.Contains(t, done.Out, "is disabled, and signed out everywhere")
	require.Contains(t, done.Err, "warning: admins not told: ")
}

// A deleted user is gone. A new user with the same address is another one.
func TestAccounts_deleted(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		o := operator{database: db.URL}
		require.Equal(t, true, o.does(t, "create-superuser", "--phone", "+1 (555) 123-4567")["is_new"])
		origin := "https://news.example.com/?utm_source=x"
		s.Post(t, kit.RequestPath, kit.JSON{"identifier": "+15551234567", "source_url": origin}).Want(t, http.StatusOK)
		ada := s.Verify(t, "+15551234567", s.Code(t, "+15551234567")).Session(t)
		require.Equal(t, true, ada.Member("user", "is_staff"))
		bob := s.SignIn(t, "bob@example.com")

		asked := o.runs(t, "delete", "--id", strconv.Itoa(ada.UserID))
		require.Equal(t, 1, asked.Code, "nobody has said yes")
		require.Contains(t, asked.Err, "Type yes: ")
		s.Profile(t, ada.Access).Want(t, http.StatusOK)
		require.Equal(t, true, o.does(t, "delete", "--id", strconv.Itoa(ada.UserID), "--yes")["deleted"])
		s.Profile(t, ada.Access).Refused(t, http.StatusUnauthorized, "token_not_valid")
		s.Refresh(t, ada.Refresh).Refused(t, http.StatusUnauthorized, "token_not_valid")
		require.Equal(t, 1, o.runs(t, "show", "--id", strconv.Itoa(ada.UserID)).Code)

		later := s.SignIn(t, "+15551234567")
		require.NotEqual(t, ada.UserID, later.UserID)
		require.NotEqual(t, ada.UserUUID, later.UserUUID)
		require.Equal(t, true, later.Member("is_new_user"))
		require.Equal(t, false, later.Member("user", "is_staff"), "rights of somebody else")
		s.Profile(t, ada.Access).Refused(t, http.StatusUnauthorized, "token_not_valid")
		s.Profile(t, bob.Access).Want(t, http.StatusOK)
	})
}

// An export has everything that is kept under a name, and of no other user.
func TestAccounts_exported(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		o := operator{database: db.URL}
		s.SignIn(t, "bob@example.com")
		origin := "https://news.example.com/?utm_source=x&gclid=7"
		s.Post(t, kit.RequestPath, kit.JSON{"identifier": "+15551234567", "source_url": origin}).Want(t, http.StatusOK)
		ada := s.Verify(t, "+15551234567", s.Code(t, "+15551234567"), kit.From("192.0.2.7"),
			kit.Header{Name: "User-Agent", Value: "Quill/1.0"}).Session(t)
		done := o.runs(t, "export", "--phone", "+15551234567")
		require.Zero(t, done.Code, done.Err)
		require.NotContains(t, done.Out, "bob")
		require.NotContains(t, done.Out, "phone_1555", "a placeholder is no address")
		require.NotContains(t, done.Out, ada.Refresh)
		var printed struct {
			ExportedAt string           `json:"exported_at"`
			User       map[string]any   `json:"user"`
			Sessions   []map[string]any `json:"sessions"`
			Sources    []map[string]any `json:"sources"`
		}
		require.NoError(t, json.Unmarshal([]byte(done.Out), &printed))
		require.NotEmpty(t, printed.ExportedAt)
		require.Equal(t, "+15551234567", printed.User["phone"])
		require.Empty(t, printed.User["email"])
		require.Equal(t, ada.UserUUID, printed.User["uuid"])
		require.Len(t, printed.Sessions, 1)
		require.Equal(t, ada.ID, printed.Sessions[0]["id"])
		require.Equal(t, "192.0.2.7", printed.Sessions[0]["address"])
		require.Equal(t, "Quill/1.0", printed.Sessions[0]["user_agent"])
		require.Len(t, printed.Sources, 1)
		require.Equal(t, "https://news.example.com/?utm_source=x&gclid=7", printed.Sources[0]["url"])
		require.Equal(t, true, printed.Sources[0]["first_registration"])
	})
}

// A list has everybody once, whatever the pages.
func TestAccounts_listed(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		o := operator{database: db.URL}
		people := []string{"ada@example.com", "bob@example.com", "carl@example.org", "dora@example.com", "eve@example.com"}
		for _, who := range people {
			s.SignIn(t, who)
		}
		o.does(t, "deactivate", "--email", "dora@example.com")
		o.does(t, "create-superuser", "--email", "bob@example.com")
		list := func(args ...string) (all []string) {
			after := ""
			for {
				page := o.does(t, append(append([]string{"list", "--limit", "2"}, args...), "--after", after)...)
				results, _ := page["results"].([]any)
				for _, user := range results {
					all = append(all, user.(map[string]any)["email"].(string))
				}
				if page["next_after"] == nil {
					return all
				}
				after = strconv.FormatFloat(page["next_after"].(float64), 'f', -1, 64)
			}
		}
		require.Equal(t, people, list())
		require.Equal(t, []string{"dora@example.com"}, list("--inactive"))
		require.Equal(t, []string{"bob@example.com"}, list("--staff"))
		require.Equal(t, []string{"carl@example.org"}, list("--search", "EXAMPLE.ORG"))
		require.Empty(t, list("--search", "%"))
		require.Contains(t, o.runs(t, "list", "--limit", "1").Out, "There are more: --after 1")
	})
}

// The first command on an empty database makes the schema.
func TestAccounts_firstSuperuser(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"sqlite": "sqlite://" + filepath.Join(t.TempDir(), "doorcode.db"), "postgres": pgtest.Database(t),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := operator{database: url}
			made := o.does(t, "create-superuser", "--email", "root@example.com")
			require.Equal(t, true, made["is_new"])
			require.Equal(t, false, o.does(t, "create-superuser", "Root@example.com")["is_new"])
			s := kit.Start(t, kit.Database{Dialect: kit.Dialect(name), URL: url}, kit.Options{})
			root := s.SignIn(t, "root@example.com")
			require.Equal(t, true, root.Member("user", "is_staff"))
			require.Equal(t, false, root.Member("is_new_user"))
			require.Equal(t, true, root.Member("user", "email_verified"))
		})
	}
}

// What is wrong about a call is said, and is 2; what is not there is 1.
func TestAccounts_wrongCalls(t *testing.T) {
	t.Parallel()
	o := operator{database: "sqlite://" + filepath.Join(t.TempDir(), "doorcode.db")}
	for _, c := range []struct {
		args string
		code int
		err  string
	}{
		{"show", 2, "name one user, by an argument such as ada@example.com, +15551234567 or 42"},
		{"show --id 1 --email ada@example.com", 2, "or by one of the flags"},
		{"show 1 --email ada@example.com", 2, "name one user"},
		{"show 1 2", 2, "name one user"},
		{"show ada", 2, "give an e-mail address such as ada@example.com"},
		{"show -- -1", 2, "or the number of a user such as 42"},
		{"delete +15551234567 --yes", 1, "there is no such user"},
		{"create-superuser", 2, "name one user"},
		{"create-superuser 42", 2, "by an e-mail address or a phone number, not by an id"},
		{"show --email ada", 2, "--email wants one bare address"},
		{"show --phone 5551234", 2, "--phone wants a number with country code"},
		{"show --id -1", 2, "--id wants the number of a user"},
		{"show --id 1x", 2, "--id wants the number of a user"},
		{"create-superuser --id 1", 2, "unknown flag: --id"},
		{"create-superuser --email phone_15551234567@phone.invalid", 2, "--email wants an address that mail can be sent to"},
		{"list --limit 1001", 2, "1 to 1000"},
		{"list --limit x", 2, "--limit"},
		{"list --after x", 2, "--after wants the number"},
		{"list --after -1", 2, "--after: Must be"},
		{"list --email ada@example.com", 2, "--email"},
		{"show --id 1", 1, "there is no such user"},
		{"activate --email ada@example.com", 1, "there is no such user"},
		{"deactivate --phone +15551234567", 1, "there is no such user"},
		{"delete --id 1 --yes", 1, "there is no such user"},
		{"export --id 1", 1, "there is no such user"},
	} {
		got := o.runs(t, strings.Fields(c.args)...)
		require.Equal(t, c.code, got.Code, "%s: %s", c.args, got.Err)
		require.Contains(t, got.Err, c.err, c.args)
		require.Empty(t, got.Out, c.args)
	}
	o.database = "sqlite://:memory:"
	got := o.runs(t, "list")
	require.Equal(t, 1, got.Code)
	require.Contains(t, got.Err, "DOORCODE_DATABASE_URL")
}
