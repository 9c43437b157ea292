package acceptance_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

// Spellings of one number are one user with one budget of sends, and a code is accepted
// as people type it.
func TestSpellings_ofOneNumber(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		var uuid string
		for _, number := range []string{"+44 (0)7400 123456", "\u202a+44 7400\u00a0123456\u202c", "＋44－7400－123456"} {
			s.Request(t, number).Want(t, http.StatusOK)
			code := s.Code(t, number)
			user := s.Verify(t, "+447400123456", " "+code[:3]+"\u2011"+code[3:]+"\n").Want(t, http.StatusOK)
			require.Equal(t, "+447400123456", user.Text("user", "phone"))
			if uuid == "" {
				uuid = user.Text("user", "uuid")
			}
			require.Equal(t, uuid, user.Text("user", "uuid"))
		}
		s.Request(t, "+44 (0) 7400 123456").Refused(t, http.StatusTooManyRequests, "rate_limited")
		s.Request(t, "+44 (0)909 8790123").Refused(t, http.StatusBadRequest, "invalid_phone")
		s.Request(t, "ada.example.com").Refused(t, http.StatusBadRequest, "invalid_identifier")
		for _, letter := range s.Inbox.Letters() {
			require.Equal(t, "+447400123456", letter.To)
		}
	})
}

// An address that no mail can be delivered to costs no send.
func TestSpellings_undeliverable(t *testing.T) {
	t.Parallel()
	s := kit.Start(t, kit.OnSQLite(t), kit.Options{})
	for _, address := range []string{
		"me@valid.invalid", "me@host.localhost", "me@link.local", "me@onion.onion", "me@1.2.3.4.in-addr.arpa", "me@bad.tld-2",
		"me@example.c0m", "me@example.com©",
	} {
		s.Request(t, address).Refused(t, http.StatusBadRequest, "invalid_email")
	}
	require.Empty(t, s.Inbox.Letters())
	for _, address := range []string{"me@test.test", "root@localhost.localdomain", "me@example.com"} { // not in production
		s.Request(t, address).Want(t, http.StatusOK)
	}
}

// Identifiers in an old form are listed and corrected, but users are never merged.
func TestSpellings_canonicalize(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		ada, bob, eve := s.SignIn(t, "+447400123456"), s.SignIn(t, "+15551234567"), s.SignIn(t, "+15551234568")
		db.Exec(t, "UPDATE users SET phone = $1 WHERE id = $2", "+4407400123456", bob.UserID)
		db.Exec(t, "UPDATE users SET phone = $1 WHERE id = $2", "+490151 12345678", eve.UserID)
		o := operator{database: db.URL}
		entry := func(id int, stored, canonical, status string) map[string]any {
			return map[string]any{
				"user_id": float64(id), "field": "phone", "stored": stored, "canonical": canonical, "status": status,
			}
		}
		taken := entry(bob.UserID, "+4407400123456", "+447400123456", "taken")
		taken["other_user_id"] = float64(ada.UserID)
		for _, run := range []struct {
			flag string
			want []any
		}{
			{"--apply=false", []any{taken, entry(eve.UserID, "+490151 12345678", "+4915112345678", "old")}},
			{"--apply", []any{taken, entry(eve.UserID, "+490151 12345678", "+4915112345678", "changed")}},
			{"--apply", []any{taken}},
		} {
			got := o.does(t, "canonicalize", run.flag)
			require.Equal(t, map[string]any{
				"users": float64(3), "applied": run.flag == "--apply", "identifiers": run.want,
			}, got)
		}
		require.Equal(t, eve.UserID, s.SignIn(t, "+49 (0)151 12345678").UserID)
		printed := o.runs(t, "canonicalize")
		require.Zero(t, printed.Code, printed.Err)
		require.Contains(t, printed.Out, "taken by user ")
		require.Contains(t, printed.Out, "1 of two users: delete one of the two")
		require.Equal(t, true, o.does(t, "delete", "--yes", "--id", strconv.Itoa(bob.UserID))["deleted"])
		require.Equal(t, "All identifiers are canonical.\n", o.runs(t, "canonicalize").Out)
	})
}
