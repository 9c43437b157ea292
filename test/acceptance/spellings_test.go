package acceptance_test

import (
	"net/http"
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
