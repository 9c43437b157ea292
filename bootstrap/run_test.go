package bootstrap_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

// asAcme makes the test binary a program of somebody else, with a provider of
// their own.
const asAcme = "TEST_BINARY_IS_ACME=1"

func TestMain(m *testing.M) {
	if name, value, _ := strings.Cut(asAcme, "="); os.Getenv(name) == value {
		os.Exit(bootstrap.Run(os.Args[1:], acme()))
	}
	os.Exit(m.Run())
}

// To look at a configuration makes nothing.
func TestRun_configCheckMakesNothing(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	for _, command := range []string{"check", "print"} {
		cmd := exec.CommandContext(t.Context(), program, "config", command, "--set", "console.file=codes.jsonl")
		cmd.Dir, cmd.Env = dir, []string{asAcme}
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
	require.NoError(t, os.WriteFile(filepath.Join(dir, "acme.yaml"), []byte("acme: {token: hunter2}\npigeon: {providers: [acme]}\n"), 0o600))
	for name, row := range map[string]struct {
		args     []string
		code     int
		out, err string // parts of
	}{
		"its section is known":     {args: []string{"--config", "acme.yaml", "config", "check"}, out: "The configuration is good."},
		"flags may come last":      {args: []string{"config", "check", "--config=acme.yaml", "-output", "json"}, out: `"ok": true`},
		"its secrets are hidden":   {args: []string{"config", "print", "--config", "acme.yaml"}, out: "acme.token                     [hidden]"},
		"its mistakes are told":    {args: []string{"config", "check", "--set", "acme.region=mars"}, code: 2, err: `acme.region: not a good value: "mars" (--set): give eu or us`},
		"short flags are known":    {args: []string{"config", "print", "--addr", ":1234"}, out: ":1234"},
		"a token is inspected":     {args: []string{"token", "inspect", "a.b.c", "--set", "database.url=sqlite://:memory:"}, code: 1, out: "not valid: the token is malformed", err: "the token is refused"},
		"a key is made":            {args: []string{"keys", "generate", "--algorithm", "ES384"}, out: "-----BEGIN PRIVATE KEY-----"},
		"token info":               {args: []string{"token", "info"}, out: "access_token: 1 hour"},
		"version":                  {args: []string{"version"}, out: "doorcode "},
		"help":                     {args: []string{"--help"}, err: "Commands: serve (default)"},
		"help of a command":        {args: []string{"config", "check", "--help"}, err: "Commands: serve (default)"},
		"help of half a command":   {args: []string{"config", "--help"}, err: "Commands: serve (default)"},
		"help of no command":       {args: []string{"nonsense", "--help"}, code: 2, err: `doorcode: wrong usage: there is no command "nonsense": see --help`},
		"a short flag is named":    {args: []string{"config", "check", "--addr", "x"}, code: 2, err: `http.addr: not a good value: "x" (--addr): give`},
		"a command there is not":   {args: []string{"config", "chekc"}, code: 2, err: `there is no command "config chekc"`},
		"a flag there is not":      {args: []string{"serve", "--prot"}, code: 2, err: "flag provided but not defined: -prot"},
		"serving comes by default": {args: []string{"--set", "otp.length=5"}, code: 2, err: "otp.length"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), program, row.args...)
			cmd.Dir, cmd.Env = dir, []string{asAcme}
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
