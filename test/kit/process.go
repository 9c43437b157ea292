package kit

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit/proc"
)

// ProcessOptions say how a Process differs from the usual one.
type ProcessOptions struct {
	// Program is the path of the program. Defaults to Binary.
	Program string
	// Dir is where it runs. Defaults to a new folder.
	Dir string
	// Env are variables beside the usual ones, and win over them. Defaults to none.
	Env []string
	// Args follow the program's name. Defaults to serve.
	Args []string
}

// Process is the program itself while it serves, in development: with its codes
// in a file, without limits per client address, and without draining
// when it stops.
type Process struct {
	Client
	Dir      string
	Codes    *Codes   // of its console sender
	Out, Log *Journal // standard output and standard error
	ReadyIn  time.Duration

	server *proc.Server
}

// How long a process may take to become ready, and to end.
const (
	readyTimeout = 15 * time.Second
	endTimeout   = 20 * time.Second
	askInterval  = 2 * time.Millisecond
)

// Serve starts the program and waits until it is ready. It ends with the test at
// the latest.
func Serve(t testing.TB, o ProcessOptions) *Process {
	t.Helper()
	p := Launch(t, o)
	p.AwaitReady(t)
	return p
}

// Launch starts the program and does not wait. The process has no Client until
// AwaitReady returns.
func Launch(t testing.TB, o ProcessOptions) *Process {
	t.Helper()
	if o.Program == "" {
		o.Program = Binary(t)
	}
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Args == nil {
		o.Args = []string{"serve"}
	}
	p := &Process{Dir: o.Dir, Out: &Journal{}, Log: &Journal{}, Codes: ReadCodes(filepath.Join(o.Dir, codesFile))}
	server, err := proc.Start(proc.Config{
		Program: o.Program, Dir: o.Dir, Args: o.Args, Out: p.Out, Log: p.Log,
		Env: append([]string{
			"DOORCODE_HTTP_ADDR=127.0.0.1:0", "DOORCODE_HTTP_DRAIN=0", "DOORCODE_CONSOLE_FILE=" + codesFile,
			"DOORCODE_SECRET_KEY=" + SecretKey, "DOORCODE_RATELIMIT_IP_REQUEST=0", "DOORCODE_RATELIMIT_IP_VERIFY=0",
		}, o.Env...),
	})
	require.NoError(t, err)
	p.server = server
	t.Cleanup(func() { p.Kill(t) })
	return p
}

const codesFile = "codes.jsonl"

// listens finds where a service listens in what it prints.
var listens = regexp.MustCompile(`listens on http://(\S+)|"msg":"listening","addr":"([^"]+)"`)

// AwaitReady waits until the process says where it listens, and then that it is
// ready.
func (p *Process) AwaitReady(t testing.TB) {
	t.Helper()
	p.await(t, "say where it listens", func() bool {
		if found := listens.FindStringSubmatch(p.Out.String() + p.Log.String()); found != nil {
			p.Client = newClient(t, "http://"+found[1]+found[2])
			return true
		}
		return false
	})
	p.await(t, "become ready", func() bool {
		answer, err := p.Try(http.MethodGet, "/readyz", nil)
		return err == nil && answer.Status == http.StatusOK
	})
	p.ReadyIn = time.Since(p.server.Begun())
}

func (p *Process) await(t testing.TB, what string, so func() bool) {
	t.Helper()
	tick, late := time.NewTicker(askInterval), time.After(readyTimeout)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-p.server.Ended():
			t.Fatalf("the service has ended with %d before it did %s:\n%s", p.server.ExitCode(), what, p.Log)
		case <-late:
			t.Fatalf("the service did not %s within %s:\n%s", what, readyTimeout, p.Log)
		}
	}
}

// Code is the code of the newest message to an identifier, in any spelling. The
// message is there when the request for it has been answered.
func (p *Process) Code(t testing.TB, identifier string) string {
	t.Helper()
	code, err := p.Codes.Newest(canonical(t, identifier))
	require.NoError(t, err)
	return code
}

// Signal sends the process a signal.
func (p *Process) Signal(signal os.Signal) error { return p.server.Signal(signal) }

// Kill ends the process with SIGKILL, and waits until it has ended.
func (p *Process) Kill(t testing.TB) {
	t.Helper()
	require.NoError(t, p.Signal(os.Kill))
	<-p.server.Ended()
}

// Terminate asks the process to end and tells what it exited with, and after how
// long.
func (p *Process) Terminate(t testing.TB) (code int, took time.Duration) {
	t.Helper()
	begun := time.Now()
	require.NoError(t, p.Signal(syscall.SIGTERM))
	return p.Wait(t), time.Since(begun)
}

// Wait waits until the process has ended, and tells what it exited with.
func (p *Process) Wait(t testing.TB) int {
	t.Helper()
	select {
	case <-p.server.Ended():
	case <-time.After(endTimeout):
		t.Fatalf("the process has not ended within %s:\n%s", endTimeout, p.Log)
	}
	return p.server.ExitCode()
}

// Ended reports whether the process has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.server.Ended():
		return true
	default:
		return false
	}
}
