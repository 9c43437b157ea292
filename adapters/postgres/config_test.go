package postgres

import (
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"
)

func TestConfig_requiresTLSBeyondTheMachine(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]pq.SSLMode{
		"postgres://localhost/x":                         pq.SSLModeDisable,
		"postgres://ada@127.0.0.1:5433/x":                pq.SSLModeDisable,
		"postgres://[::1]:5432/x":                        pq.SSLModeDisable,
		"postgres:///x?host=/run/postgresql":             pq.SSLModeDisable,
		"postgres://localhost/x?sslmode=verify-full":     pq.SSLModeVerifyFull,
		"postgres://db.example.com/x":                    pq.SSLModeRequire,
		"postgresql://10.0.0.7/x":                        pq.SSLModeRequire,
		"postgres://localhost.example.com/x":             pq.SSLModeRequire,
		"postgres://db.example.com/x?sslmode=disable":    pq.SSLModeDisable,
		"postgres://localhost,db.example.com/x":          pq.SSLModeRequire,
		"postgres://localhost/x?hostaddr=10.0.0.7":       pq.SSLModeRequire,
		"postgres://db.example.com/x?hostaddr=127.0.0.1": pq.SSLModeDisable,
		"postgres://db.example.com/x?sslrootcert=system": pq.SSLModeVerifyFull,
	} {
		cfg, err := Config{URL: url}.connection()
		require.NoError(t, err, url)
		require.Equal(t, want, cfg.SSLMode, url)
	}
}

func TestConfig_limitsTheServerBeforeTheStore(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		cfg      Config
		settings map[string]string
		timeouts timeouts
	}{
		{Config{URL: "postgres://localhost/x"}, map[string]string{"timezone": "UTC"}, timeouts{"1500", "1200"}},
		{
			Config{URL: "postgres://localhost/x?statement_timeout=9000&search_path=auth", Timeout: 600 * time.Millisecond},
			map[string]string{"timezone": "UTC", "search_path": "auth"},
			timeouts{"9000", "400"},
		},
	} {
		cfg, err := row.cfg.connection()
		require.NoError(t, err)
		require.Equal(t, row.timeouts, row.cfg.statementTimeouts(cfg), "settings of the URL are kept")
		require.Equal(t, row.settings, cfg.Runtime)
	}
}

func TestConfig_refusesInvalidURLs(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://localhost/x?sslmode=maybe", "postgres://a:b:c/x", "mysql://localhost/x"} {
		_, _, err := Open(t.Context(), Config{URL: url})
		require.ErrorContains(t, err, "read the database URL", url)
	}
}

func TestOpen_withoutServer(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	_, _, err := Open(t.Context(), Config{URL: "postgres://127.0.0.1:1/x"})
	require.ErrorContains(t, err, "open database")
	require.Less(t, time.Since(begun), patience)
}
