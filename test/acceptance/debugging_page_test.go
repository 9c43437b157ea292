// docs/debugging.md: its queries and the log lines that it explains.
package acceptance_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

func TestDebuggingPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(kit.Root(t), "docs", "debugging.md"))
	require.NoError(t, err)
	queries := regexp.MustCompile(`(?m)^ +(sqlite3|psql) [^\n]*"(SELECT [^"]+)"`).FindAllStringSubmatch(string(page), -1)
	require.Len(t, queries, 3)
	programs := map[kit.Dialect]string{kit.SQLite: "sqlite3", kit.Postgres: "psql"}

	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		challenge := s.Request(t, "ada@example.com").Want(t, http.StatusOK).Text("challenge_id")
		s.Verify(t, "ada@example.com", "12345x").Want(t, http.StatusBadRequest)
		code := s.Code(t, "ada@example.com")
		wrong := strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
		s.Verify(t, "ada@example.com", wrong).Want(t, http.StatusBadRequest)
		s.Verify(t, "ada@example.com", code).Want(t, http.StatusOK)
		s.Verify(t, "ada@example.com", code).Want(t, http.StatusBadRequest)
		s.Stop(t) // the log and the outcomes of messages are complete

		for _, query := range queries {
			if query[1] != programs[db.Dialect] {
				continue
			}
			statement := strings.ReplaceAll(query[2], "$CHALLENGE", challenge)
			rows, err := db.Open(t).QueryContext(t.Context(), statement)
			require.NoError(t, err, query[2])
			require.True(t, rows.Next(), "no row: %s", query[2])
			require.NoError(t, rows.Close())
		}
		for _, row := range []struct{ event, reason string }{
			{"otp_request", "accepted"},
			{"otp_verify", "malformed"},
			{"otp_verify", "wrong"},
			{"otp_verify", "right"},
			{"otp_verify", "used"},
		} {
			line := `"event":"` + row.event + `","outcome":"\w+","reason":"` + row.reason + `"`
			require.Regexp(t, line, s.Log.String())
			require.Regexp(t, "(?m)^\\| `"+row.event+"` \\|.*`"+row.reason+"`.*\\|$", string(page))
		}
	})
}
