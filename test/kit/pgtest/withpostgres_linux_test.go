package pgtest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// These tests drive the command test/kit/withpostgres. They stand here because
// they look for what a cluster may leave behind.

func TestWithPostgres(t *testing.T) {
	t.Parallel()
	program := buildWithPostgres(t)

	t.Run("a command finds a server, and its code is passed on", func(t *testing.T) {
		t.Parallel()
		answer := finish(t, program.call("", "-fsync", "--", "sh", "-c", `echo "$DOORCODE_TEST_POSTGRES"; exit 7`))
		require.Equal(t, 7, answer.code)
		address := strings.TrimSpace(answer.stdout)
		require.Regexp(t, `^postgres://postgres@127.0.0.1:\d+/postgres\?sslmode=disable$`, address)
		require.Regexp(t, `^withpostgres: PostgreSQL \d+.* at \Q`+address+`\E, fsync on\n$`, answer.stderr)
	})

	t.Run("a server that is there already is used", func(t *testing.T) {
		t.Parallel()
		c := OwnCluster(t, Options{})
		address := strings.Replace(c.URL("postgres"), "postgres@", "postgres:hidden@", 1)
		answer := finish(t, program.call(address, "printenv", EnvURL))
		require.Equal(t, 0, answer.code, answer.stderr)
		require.Equal(t, address+"\n", answer.stdout)
		require.Contains(t, answer.stderr, "fsync off")
		require.NotContains(t, answer.stderr, "hidden")

		answer = finish(t, program.call(address, "-fsync", "--", "true"))
		require.Equal(t, 1, answer.code, "fsync cannot be had of it")
		require.Contains(t, answer.stderr, "unset the variable")
	})

	t.Run("without a command it says how it is used", func(t *testing.T) {
		t.Parallel()
		answer := finish(t, program.call(""))
		require.Equal(t, 2, answer.code)
		require.Contains(t, answer.stderr, "usage: withpostgres")
	})

	t.Run("a command that cannot be started is named", func(t *testing.T) {
		t.Parallel()
		answer := finish(t, program.call("", "no-such-command"))
		require.Equal(t, 127, answer.code)
		require.Contains(t, answer.stderr, "no-such-command")
	})
}

func TestWithPostgres_signals(t *testing.T) {
	t.Parallel()
	program := buildWithPostgres(t)

	for _, row := range []struct {
		name string
		sig  syscall.Signal
		send func(pid int, sig syscall.Signal) error
	}{
		{"the command gets a signal and has the server until it ends", syscall.SIGTERM, syscall.Kill},
		{"an interrupt is such a signal", syscall.SIGINT, syscall.Kill},
		{
			"a Ctrl-C, which goes to the whole group, spares the server", syscall.SIGINT,
			func(pid int, sig syscall.Signal) error { return syscall.Kill(-pid, sig) },
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := perform(t, program.client())
			r := readRemains(t, a)
			require.NoError(t, row.send(a.cmd.Process.Pid, row.sig))
			require.Equal(t, row.sig.String(), a.line(t))
			require.Error(t, a.cmd.Wait())
			require.Equal(t, 3, a.cmd.ProcessState.ExitCode())
			require.Empty(t, r.list(t))
		})
	}

	t.Run("when it is killed the server dies too", func(t *testing.T) {
		t.Parallel()
		a := perform(t, program.client())
		r := readRemains(t, a)
		require.NoError(t, a.cmd.Process.Kill())
		r.awaitNone(t)
	})

	t.Run("a signal while the server starts is not lost", func(t *testing.T) {
		t.Parallel()
		tmp := temporary(t)
		cmd := program.call("", "echo", "the command ran")
		cmd.Env = append(cmd.Env, "TMPDIR="+tmp)
		a := perform(t, cmd)
		eventually(t, func() bool { return len(glob(t, tmp, "*", "initdb.log")) == 1 }, "no cluster in %s", tmp)
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		require.False(t, a.lines.Scan(), "the command ran")
		require.Error(t, cmd.Wait())
		require.Equal(t, 128+int(syscall.SIGTERM), cmd.ProcessState.ExitCode())
		require.Empty(t, glob(t, tmp, "*"))
	})

	t.Run("a command that a signal ends gives the shell's code", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, 128+9, finish(t, program.call("", "sh", "-c", "kill -KILL $$")).code)
	})
}

// withPostgres is the path of the built command.
type withPostgres string

func buildWithPostgres(t *testing.T) withPostgres {
	t.Helper()
	path := filepath.Join(t.TempDir(), "withpostgres")
	out, err := exec.Command("go", "build", "-o", path, "../withpostgres").CombinedOutput()
	require.NoError(t, err, string(out))
	return withPostgres(path)
}

// call returns a call of the command, away from any terminal, with the server's
// address in its environment.
func (w withPostgres) call(address string, args ...string) *exec.Cmd {
	cmd := exec.Command(string(w), args...)
	cmd.Env = append(os.Environ(), EnvURL+"="+address)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}

// client returns a call in which the command is a client of the server.
func (w withPostgres) client() *exec.Cmd {
	cmd := w.call("", os.Args[0])
	cmd.Env = append(cmd.Env, roleVariable+"=client")
	return cmd
}

// answer is what an ended command has to say.
type answer struct {
	code           int
	stdout, stderr string
}

func finish(t *testing.T, cmd *exec.Cmd) answer {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		require.True(t, errors.As(err, new(*exec.ExitError)), "%v", err)
	}
	return answer{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func glob(t *testing.T, path ...string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(path...))
	require.NoError(t, err)
	return found
}
