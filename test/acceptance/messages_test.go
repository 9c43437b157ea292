// Messages: their language, and the recipients that get none.
package acceptance_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

func TestMessages_speakTheLanguageOfWhoAsks(t *testing.T) {
	t.Parallel()
	s := kit.Start(t, kit.OnSQLite(t),
		kit.Options{Set: map[string]string{"product.name": "Acme", "ratelimit.identifier_requests": "0"}})
	for _, row := range []struct{ locale, header, subject string }{
		{"", "", "Your Acme verification code"},
		{"de", "", "Ihr Bestätigungscode für Acme"},
		{"de-CH", "en", "Ihr Bestätigungscode für Acme"},
		{"", "fr-CH, de;q=0.8, en;q=0.5", "Ihr Bestätigungscode für Acme"},
		{"tlh", "", "Your Acme verification code"},
		{"pt-BR", "de", "Your Acme verification code"},
		{"not a language", "", "Your Acme verification code"},
		{"", "\xff;q=;;,", "Your Acme verification code"},
	} {
		body := kit.JSON{"identifier": "ada@example.com"}
		if row.locale != "" {
			body["locale"] = row.locale
		}
		s.Post(t, kit.RequestPath, body, kit.Header{Name: "Accept-Language", Value: row.header}).Want(t, http.StatusOK)
		letters := s.Inbox.Letters()
		require.Equal(t, row.subject, letters[len(letters)-1].Text.Subject, "%q %q", row.locale, row.header)
	}
}

func TestMessages_ofOnesOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "de"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "de", "sign_in.phone.txt"), []byte("Acme {{.Code}}"), 0o644))
	s := kit.Start(t, kit.OnSQLite(t), kit.Options{Set: map[string]string{"message.dir": dir}})
	s.Post(t, kit.RequestPath, kit.JSON{"identifier": "+4915112345678", "locale": "de"}).Want(t, http.StatusOK)
	code := s.Code(t, "+4915112345678")
	require.Equal(t, "Acme "+code, s.Inbox.Letters()[0].Text.Body)
	s.Verify(t, "+4915112345678", code).Want(t, http.StatusOK)
}

// A number that is refused costs nothing and leaves nothing behind, however often it
// is asked for; and a code that was sent before may still be used.
func TestMessages_refusedNumbers(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{Set: map[string]string{"phone.countries": "US,DE"}})
		for _, number := range []string{"+19005550100", "+491801234567", "+447400123456", "+18765551234"} {
			for range 5 { // more than the limit of a recipient
				answer := s.Request(t, number).Refused(t, http.StatusBadRequest, "invalid_phone")
				require.Equal(t, "Invalid phone number", answer.Text("detail"))
				require.Contains(t, string(answer.Body), "Must ", "it says what is wrong")
			}
			s.Post(t, kit.RequestPath, kit.JSON{"identifier": number, "channel": "telex"}).
				Refused(t, http.StatusBadRequest, "invalid_phone")
			s.Verify(t, number, "123456").Refused(t, http.StatusBadRequest, "invalid_otp")
		}
		for _, number := range []string{"+15551234567", "+4915112345678"} {
			s.Request(t, number).Want(t, http.StatusOK)
			s.Verify(t, number, s.Code(t, number)).Want(t, http.StatusOK)
		}
		require.Len(t, s.Inbox.Letters(), 2)
	})
}
