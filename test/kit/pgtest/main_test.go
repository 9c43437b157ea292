package pgtest

import (
	"bufio"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// roleVariable makes the test binary play a role instead of testing: what happens
// between processes can be tested with processes only.
const roleVariable = "PGTEST_ROLE"

// roles returns what a second process may do. It reports in lines, and lives on
// until its standard input ends unless the role ends it earlier.
func roles() map[string]func() error {
	all := map[string]func() error{"migrating": migrateOften}
	maps.Copy(all, rolesOfThisPlatform())
	return all
}

func TestMain(m *testing.M) {
	role, ok := roles()[os.Getenv(roleVariable)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := role(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	io.Copy(io.Discard, os.Stdin)
}

// actor is a second process.
type actor struct {
	cmd   *exec.Cmd
	stdin io.Closer
	lines *bufio.Scanner
}

// act starts the test binary in a role.
func act(t *testing.T, role string, env ...string) *actor {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), roleVariable+"="+role), env...)
	return perform(t, cmd)
}

// perform starts a command whose lines the test reads one by one.
func perform(t *testing.T, cmd *exec.Cmd) *actor {
	t.Helper()
	if cmd.Stderr == nil {
		cmd.Stderr = os.Stderr
	}
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		stdin.Close()
		cmd.Process.Kill()
		cmd.Wait()
	})
	return &actor{cmd: cmd, stdin: stdin, lines: bufio.NewScanner(stdout)}
}

// line returns the next line of the actor's report.
func (a *actor) line(t *testing.T) string {
	t.Helper()
	require.True(t, a.lines.Scan(), "the process ended before it had reported: %v", a.lines.Err())
	return a.lines.Text()
}

// temporary returns a directory that everybody may enter and whose path leaves
// room for a socket's: t.TempDir gives neither.
func temporary(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "pgtest-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}

// eventually polls until the condition holds.
func eventually(t *testing.T, condition func() bool, message string, args ...any) {
	t.Helper()
	require.Eventually(t, condition, 20*time.Second, 5*time.Millisecond, append([]any{message}, args...)...)
}

// open opens a pool on a database, closed before the database is dropped.
func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// one returns the single value of a query, as text.
func one(t *testing.T, db *sql.DB, query string, args ...any) string {
	t.Helper()
	var value string
	require.NoError(t, db.QueryRowContext(t.Context(), query, args...).Scan(&value), query)
	return value
}

func execute(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), statement)
	require.NoError(t, err, statement)
}
