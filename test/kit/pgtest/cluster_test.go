package pgtest

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStart(t *testing.T) {
	t.Parallel()
	c := OwnCluster(t, Options{Settings: map[string]string{"work_mem": "3MB", "autovacuum_naptime": "2min"}})
	overTCP, overSocket := open(t, c.URL("postgres")), open(t, c.SocketURL("postgres"))

	for setting, want := range map[string]string{
		"fsync":              "off",
		"full_page_writes":   "off",
		"autovacuum":         "off",
		"max_connections":    "200",
		"server_encoding":    "UTF8",
		"TimeZone":           "UTC",
		"work_mem":           "3MB",
		"autovacuum_naptime": "2min",
		"is_superuser":       "on",
	} {
		require.Equal(t, want, one(t, overTCP, "SELECT current_setting($1)", setting), setting)
	}
	const peer = "SELECT COALESCE(host(inet_server_addr()), 'socket')"
	require.Equal(t, "127.0.0.1", one(t, overTCP, peer))
	require.Equal(t, "socket", one(t, overSocket, peer))
}

func TestStart_badSetting(t *testing.T) {
	tmp := temporary(t)
	t.Setenv("TMPDIR", tmp)

	_, err := Start(Options{Settings: map[string]string{"no_such_setting": "1"}})

	require.ErrorContains(t, err, `unrecognized configuration parameter "no_such_setting"`)
	left, err := os.ReadDir(tmp)
	require.NoError(t, err)
	require.Empty(t, left, "a start that fails clears up")
}

func TestMakeDirectory(t *testing.T) {
	somebody := &syscall.Credential{Uid: uint32(os.Geteuid()), Gid: uint32(os.Getegid())}
	closed, open := t.TempDir(), temporary(t)
	require.NoError(t, os.Chmod(filepath.Dir(closed), 0o700))
	for _, row := range []struct {
		name    string
		tmp     string
		owner   *syscall.Credential
		durable bool
		want    string
	}{
		{"it is where TMPDIR says", open, somebody, false, open},
		{"it is where its owner may go", closed, somebody, false, "/tmp"},
		{"the caller may go everywhere", closed, nil, false, closed},
		{"it leaves room for the socket's name", "/var/tmp/" + strings.Repeat("long-", 12), nil, false, "/tmp"},
		{"it is on disk if it has to last", "", nil, true, "/tmp"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Setenv("TMPDIR", row.tmp)
			dir, err := makeDirectory(row.owner, row.durable)
			require.NoError(t, err)
			require.NoError(t, os.Remove(dir))
			require.Equal(t, row.want, filepath.Dir(dir))
			require.LessOrEqual(t, len(filepath.Join(dir, ".s.PGSQL.32000")), 103)
		})
	}
}
