// docs/deliveries.md: its curls, run by a user whose messages have failed.
package acceptance_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

func TestDeliveriesPage_itsCurlsWork(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(kit.Root(t), "docs", "deliveries.md"))
	require.NoError(t, err)
	curls, answers := readmeCurl.FindAllString(string(text), -1), readmeAnswer.FindAllStringSubmatch(string(text), -1)
	require.Len(t, curls, 2)
	require.Len(t, answers, 1)

	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		providers := startReporters(t)
		s := kit.Start(t, db, providers.options(t))
		challenge := askBy(t, s, phone, "phone")
		becomes(t, s, challenge, "sent", "failed", "sent") // by WhatsApp, then by SMS
		providers.last(t).reports("undelivered").to(t, s).Want(t, http.StatusNoContent)
		types := func(curl string) string {
			require.Contains(t, curl, "localhost:8000/")
			return string(typed(t, strings.ReplaceAll(curl, "localhost:8000", strings.TrimPrefix(s.URL, "http://")),
				"CHALLENGE="+challenge))
		}
		requireShape := func(answer string) {
			var got, want any
			require.NoError(t, json.Unmarshal([]byte(answer), &got), answer)
			require.NoError(t, json.Unmarshal([]byte(answers[0][1]), &want))
			require.Equal(t, shape(want), shape(got), "not as on the page: %s", answer)
		}
		requireShape(types(curls[0]))

		var told []string
		for line := range strings.Lines(types(curls[1])) {
			switch name, value, _ := strings.Cut(strings.TrimSpace(line), ": "); name {
			case "event":
				told = append(told, value)
			case "data":
				requireShape(value)
			}
		}
		require.Equal(t, []string{"status", "end"}, told)
	})
}
