package bootstrap_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func TestConfigure_connections(t *testing.T) {
	t.Parallel()
	for set, want := range map[string]int{"8000": 1000, "100": 16, "": 512} {
		cfg, err := bootstrap.Configure(bootstrap.Sources{Flags: map[string]string{"http.max_connections": set}})
		require.NoError(t, err)
		require.Equal(t, want, cfg.HTTP.MaxPerClient, "of %s", set)
	}
}

// Connections of clients leave room for the other files of the process.
func TestConfigure_connectionsAndTheLimitOfOpenFiles(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	require.NoError(t, err)
	limited := func(args string) string {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", "ulimit -n 300 && exec '"+program+"' "+args)
		cmd.Dir, cmd.Env = t.TempDir(), []string{asAcme}
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}
	require.Regexp(t, `http\.max_connections +156 +from the limit of open files`, limited("config print"))
	require.Regexp(t, `http\.max_connections +122 +from`, limited("config print --set database.max_connections=50"))
	require.Contains(t, limited("config check --set http.max_connections=1000"),
		`warning: http.max_connections: more than the open files that the process may have allow, which are 300: "1000" (--set): `+
			`raise that limit (ulimit -n, LimitNOFILE), or give at most 156`)
	require.NotContains(t, limited("config check --set http.max_connections=156"), "warning")
}
