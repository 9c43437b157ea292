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
	cfg, err := Config{URL: "postgres://localhost/x"}.pooled()
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"timezone": "UTC", "statement_timeout": "1500", "lock_timeout": "1200",
	}, cfg.Runtime)

	const url = "postgres://localhost/x?statement_timeout=9000&search_path=auth"
	cfg, err = Config{URL: url, Timeout: 600 * time.Millisecond}.pooled()
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"timezone": "UTC", "statement_timeout": "9000", "lock_timeout": "400", "search_path": "auth",
	}, cfg.Runtime, "settings of the URL are kept")
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
