// Start: what the program does before it serves, alone and beside others.
package acceptance_test

import (
	"database/sql"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// A fresh clone serves: without configuration, in an empty folder.
func TestStart_inAnEmptyFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := kit.Serve(t, kit.ProcessOptions{Dir: dir, Env: []string{"DOORCODE_SECRET_KEY="}})
	key, err := os.Stat(filepath.Join(dir, "doorcode.key"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), key.Mode())
	require.FileExists(t, filepath.Join(dir, "doorcode.db"))
	p.Request(t, "ada@example.com").Want(t, http.StatusOK)
	code := p.Code(t, "ada@example.com")
	exit, _ := p.Terminate(t)
	require.Zero(t, exit, p.Log)

	// The key is kept, and with it the code.
	again := kit.Serve(t, kit.ProcessOptions{Dir: dir, Env: []string{"DOORCODE_SECRET_KEY="}})
	ada := again.Verify(t, "ada@example.com", code).Session(t)
	again.Terminate(t)
	once := kit.Serve(t, kit.ProcessOptions{Dir: dir, Env: []string{"DOORCODE_SECRET_KEY="}})
	once.Profile(t, ada.Access).Want(t, http.StatusOK)
	require.Contains(t, once.Out.String(), "curl "+once.URL+kit.RequestPath, "it does not say what to try")
}

// An SQLite file has one server. The second one says what to do instead, and the
// first does not notice.
func TestStart_secondOnOneFile(t *testing.T) {
	t.Parallel()
	first := kit.Serve(t, kit.ProcessOptions{})
	second := kit.Launch(t, kit.ProcessOptions{Dir: first.Dir})
	require.Equal(t, 1, second.Wait(t))
	require.Contains(t, second.Log.String(), "doorcode.db")
	require.Contains(t, second.Log.String(), "DOORCODE_DATABASE_URL", "the cure is missing")
	first.Request(t, "ada@example.com").Want(t, http.StatusOK)
	first.Verify(t, "ada@example.com", first.Code(t, "ada@example.com")).Want(t, http.StatusOK)
}

// A server that was killed leaves no lock behind.
func TestStart_afterAKill(t *testing.T) {
	t.Parallel()
	first := kit.Serve(t, kit.ProcessOptions{})
	first.Kill(t)
	kit.Serve(t, kit.ProcessOptions{Dir: first.Dir})
}

func TestStart_allAtOnceOnAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	all := make([]*kit.Process, 4)
	for i := range all {
		all[i] = kit.Launch(t, kit.ProcessOptions{Env: []string{"DOORCODE_DATABASE_URL=" + url}})
	}
	for _, p := range all {
		p.AwaitReady(t)
	}
	requireServing(t, all[0], all[1])
}

// requireServing signs a user in over two instances.
func requireServing(t *testing.T, one, other *kit.Process) {
	t.Helper()
	one.Request(t, "ada@example.com").Want(t, http.StatusOK)
	ada := other.Verify(t, "ada@example.com", one.Code(t, "ada@example.com")).Session(t)
	one.Profile(t, ada.Access).Want(t, http.StatusOK)
}

// The first instance is killed in the middle of a migration: it waits for a table
// that another instance is making. The others make the schema all the same.
func TestStart_afterAMigrationThatWasKilled(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	conn, err := sql.Open("postgres", url)
	require.NoError(t, err)
	defer conn.Close()
	obstacle, err := conn.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer obstacle.Rollback()
	_, err = obstacle.ExecContext(t.Context(), "CREATE TABLE sessions (in_the_way int)")
	require.NoError(t, err)

	env := []string{"DOORCODE_DATABASE_URL=" + url}
	killed := kit.Launch(t, kit.ProcessOptions{Env: env})
	require.Eventually(t, func() bool {
		var stuck int
		err := conn.QueryRowContext(t.Context(), `
			SELECT count(*) FROM pg_stat_activity
			 WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%CREATE TABLE sessions%'`).
			Scan(&stuck)
		return err == nil && stuck == 1
	}, 10*time.Second, 5*time.Millisecond, "the migration does not get stuck")
	killed.Kill(t)

	one, other := kit.Launch(t, kit.ProcessOptions{Env: env}), kit.Launch(t, kit.ProcessOptions{Env: env})
	require.NoError(t, obstacle.Rollback())
	one.AwaitReady(t)
	other.AwaitReady(t)
	requireServing(t, one, other)
}

// Production refuses what is not safe, all of it at once, and touches nothing.
func TestStart_refusals(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		environment []string
		mistakes    []string // keys
	}{
		"production without anything": {
			[]string{"DOORCODE_ENVIRONMENT=production"}, []string{"secret_key", "http.public_url", "email.providers"},
		},
		"production with what is not safe": {
			[]string{
				"DOORCODE_ENVIRONMENT=production", "DOORCODE_SECRET_KEY=short", "DOORCODE_HTTP_PUBLIC_URL=example.com",
				"DOORCODE_RATELIMIT_IDENTIFIER_REQUESTS=0", "DOORCODE_OTP_EXPIRATION=11m", "DOORCODE_EMAIL_PROVIDERS=console",
			},
			[]string{"secret_key", "http.public_url", "ratelimit.identifier_requests", "otp.expiration"},
		},
		"development too": {
			[]string{
				"DOORCODE_OTP_LENGTH=5", "DOORCODE_OTP_MAX_ATTEMPTS=11", "DOORCODE_DATABASE_URL=mysql://x", "DOORCODE_SECRET_KEY=a",
				"DOORCODE_HTTP_TRUSTED_PROXIES=everybody", "DOORCODE_EMAIL_PROVIDERS=nobody", "DOORCODE_RATELIMIT_IP_REQUEST=many",
			},
			[]string{
				"otp.length", "otp.max_attempts", "database.url", "secret_key", "http.trusted_proxies", "email.providers",
				"ratelimit.ip_request",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			got := kit.Run(t, kit.Binary(t), dir, row.environment, "serve")
			require.Equal(t, 2, got.Code, got.Err)
			require.Empty(t, got.Out)
			for _, key := range row.mistakes {
				require.Regexp(t, `(?m)^  `+key+`: .+: .+`, got.Err)
			}
			require.Equal(t, len(row.mistakes), strings.Count(got.Err, "\n  "), "%s", got.Err)
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

// Production starts with what it needs, and the console only by its name.
func TestStart_production(t *testing.T) {
	t.Parallel()
	p := kit.Serve(t, kit.ProcessOptions{Env: []string{
		"DOORCODE_ENVIRONMENT=production", "DOORCODE_HTTP_PUBLIC_URL=https://id.example.com",
		"DOORCODE_EMAIL_PROVIDERS=console",
	}})
	p.Request(t, "ada@example.com").Want(t, http.StatusOK)
	ada := p.Verify(t, "ada@example.com", p.Code(t, "ada@example.com")).Session(t)
	require.Equal(t, 24*60*60, ada.Number("tokens", "expires_in"))
	p.Request(t, "+15551234567").Refused(t, http.StatusBadRequest, "invalid_channel")
}

func TestStart_healthcheck(t *testing.T) {
	t.Parallel()
	p := kit.Serve(t, kit.ProcessOptions{Env: []string{"DOORCODE_HTTP_DRAIN=1m"}})
	check := func(address string) kit.Result {
		return kit.Run(t, kit.Binary(t), t.TempDir(), nil, "healthcheck", "--addr", address)
	}
	address := strings.TrimPrefix(p.URL, "http://")
	require.Zero(t, check(address).Code)
	require.NoError(t, p.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { return check(address).Code == 1 }, 5*time.Second, 10*time.Millisecond,
		"it is draining")
	p.Kill(t)
	require.Equal(t, 1, check(address).Code, "nobody is there")
	require.Equal(t, 2, check("nowhere").Code)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	require.Equal(t, 1, check(l.Addr().String()).Code, "somebody is there who does not answer")
}
