package command

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// asLoft makes the test binary a program outside this tree, with a provider of its own.
const asLoft = "TEST_BINARY_IS_LOFT=1"

// loftConfig is the section of that provider.
type loftConfig struct {
	Token  string `yaml:"token" secret:"true" doc:"The token."`
	Region string `yaml:"region" oneof:"eu,us" doc:"Where."`
}

var loft = port.NewProvider("loft", loftConfig{Region: "eu"}, func(_ context.Context,
	cfg loftConfig,
) ([]port.ChannelSender, error) {
	return []port.ChannelSender{{
		Channel: domain.Channel{Name: "pigeon", Kind: domain.KindPhone},
		Sender:  odd(func() port.SendOutcome { return port.SendOutcome{} }),
	}}, nil
})

// To look at a configuration makes nothing.
func TestRun_configCheckMakesNothing(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	for _, command := range []string{"check", "print"} {
		cmd := exec.CommandContext(t.Context(), program, "config", command, "--set", "console.file=codes.jsonl")
		cmd.Dir, cmd.Env = dir, []string{asLoft}
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
}

// A program with a provider of its own has the commands of doorcode, and its
// provider's section in the configuration.
func TestRun(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "loft.yaml"),
		[]byte("loft: {token: hunter2}\npigeon: {providers: [loft]}\n"), 0o600))
	for name, row := range map[string]struct {
		args     []string
		code     int
		out, err string // parts of
	}{
		"its section is known": {
			args: []string{"--config", "loft.yaml", "config", "check"},
			out:  "The configuration is good.",
		},
		"flags may come last": {
			args: []string{"config", "check", "--config=loft.yaml", "--output", "json"},
			out:  `"ok": true`,
		},
		"its secrets are hidden": {
			args: []string{"config", "print", "--config", "loft.yaml"},
			out:  "loft.token                     [hidden]",
		},
		"its mistakes are told": {
			args: []string{"config", "check", "--set", "loft.region=mars"}, code: 2,
			err: `loft.region: not a good value: "mars" (--set): give eu or us`,
		},
		"its commands have help":   {args: []string{"user", "show", "--help"}, out: "doorcode user show"},
		"mistyped words are found": {args: []string{"config", "chekc"}, code: 2, err: "did you mean check?"},
		"serving comes by default": {args: []string{"--set", "otp.length=5"}, code: 2, err: "otp.length"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), program, row.args...)
			cmd.Dir, cmd.Env = dir, []string{asLoft}
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			var exit *exec.ExitError
			if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
				require.NoError(t, err)
			}
			require.Equal(t, row.code, cmd.ProcessState.ExitCode(), errs.String())
			require.Contains(t, out.String(), row.out)
			require.Contains(t, errs.String(), row.err)
			require.NotContains(t, out.String()+errs.String(), "hunter2")
		})
	}
}

// Connections of clients leave room for the other files of the process.
func TestConfigure_connectionsAndTheLimitOfOpenFiles(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	require.NoError(t, err)
	limited := func(args string) string {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", "ulimit -n 300 && exec '"+program+"' "+args)
		cmd.Dir, cmd.Env = t.TempDir(), []string{asLoft}
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
