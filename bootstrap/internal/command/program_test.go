package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// asProgram makes the test binary the program that it tests.
const asProgram = "TEST_BINARY_IS_DOORCODE=1"

func TestMain(m *testing.M) {
	for marker, options := range map[string]Options{asProgram: {}, asLoft: {Providers: []port.Provider{loft}}} {
		if name, value, _ := strings.Cut(marker, "="); os.Getenv(name) == value {
			os.Exit(Run(os.Args[1:], options))
		}
	}
	os.Exit(m.Run())
}

// command is a call of the program in a folder of its own, with nothing in its
// environment but what is given.
func command(t *testing.T, dir string, environment []string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	cmd.Env = append([]string{asProgram}, environment...)
	return cmd
}

type result struct {
	out, err string
	code     int
}

func run(t *testing.T, dir string, environment []string, args ...string) result {
	t.Helper()
	cmd := command(t, dir, environment, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// call is a call of the program and what comes of it.
type call struct {
	args        []string
	environment []string
	code        int
	out, err    string // parts of
}

// make calls the program, in a folder of its own.
func (c call) make(t *testing.T) {
	t.Helper()
	t.Parallel()
	got := run(t, t.TempDir(), c.environment, c.args...)
	require.Equal(t, c.code, got.code, got)
	require.Contains(t, got.out, c.out)
	require.Contains(t, got.err, c.err)
	require.LessOrEqual(t, strings.Count(got.err, "wrong usage"), 1)
	require.NotContains(t, got.err, "hunter2")
	if c.code != 0 {
		require.Empty(t, got.out)
	}
}

func TestExitCodes_ofCommandLines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]call{
		"no version":           {args: []string{"version"}, out: "doorcode development build ("},
		"version":              {args: []string{"version"}, out: "doorcode "},
		"version as JSON":      {args: []string{"version", "--output", "json"}, out: `"version": "`},
		"help":                 {args: []string{"--help"}, out: "Usage:"},
		"a good configuration": {args: []string{"config", "check"}, out: "The configuration is good."},
		"the docs":             {args: []string{"config", "docs"}, out: "# Configuration"},
		"a command there is not": {
			args: []string{"server"}, code: 2,
			err: `there is no command "server", did you mean serve? (see doorcode --help)`,
		},
		"a command cut short": {args: []string{"serv"}, code: 2, err: "did you mean serve?"},
		"a command like no other": {
			args: []string{"xyzzy"}, code: 2,
			err: `there is no command "xyzzy" (see doorcode --help)`,
		},
		"a command below another": {
			args: []string{"migrate", "upp"}, code: 2,
			err: `there is no command "upp", did you mean up? (see doorcode migrate --help)`,
		},
		"the version as a flag": {args: []string{"--version"}, out: "doorcode "},
		"help by its name":      {args: []string{"help", "migrate", "status"}, out: "doorcode migrate status"},
		"help of no command": {
			args: []string{"nonsense", "--help"}, code: 2,
			err: `there is no command "nonsense" (see doorcode --help)`,
		},
		"help, then no command": {
			args: []string{"--help", "nonsense"}, code: 2,
			err: `there is no command "nonsense" (see doorcode --help)`,
		},
		"help below another": {
			args: []string{"migrate", "upp", "-h"}, code: 2,
			err: `there is no command "upp", did you mean up?`,
		},
		"help and an argument": {args: []string{"version", "now", "--help"}, code: 2, err: "version takes no arguments"},
		"help and a token":     {args: []string{"token", "inspect", "a.b.c", "--help"}, out: "doorcode token inspect"},
		"help about nothing": {
			args: []string{"help", "nosuch"}, code: 2,
			err: `there is no command "nosuch" (see doorcode --help)`,
		},
		"help about half nothing": {
			args: []string{"help", "migrate", "nosuch"}, code: 2,
			err: `there is no command "nosuch" (see doorcode migrate --help)`,
		},
		"a group":          {args: []string{"config"}, out: "Available Commands:"},
		"a group, as JSON": {args: []string{"config", "--output", "json"}, code: 2, err: "unknown flag: --output"},
		"an argument too much": {
			args: []string{"version", "now"}, code: 2,
			err: "version takes no arguments (see doorcode version --help)",
		},
		"a flag there is not": {args: []string{"serve", "--prot", "1"}, code: 2, err: "unknown flag: --prot"},
		"no value to set": {
			args: []string{"--set", "hunter2"}, code: 2,
			err: "doorcode: wrong usage: --set wants key=value, such as otp.length=8 (see doorcode --help)\n",
		},
		"an odd format": {
			args: []string{"version", "--output", "xml"}, code: 2,
			err: "doorcode: wrong usage: --output wants text or json (see doorcode version --help)\n",
		},
	} {
		t.Run(name, c.make)
	}
}

func TestExitCodes_ofConfigurations(t *testing.T) {
	t.Parallel()
	free := freeAddr(t)
	for name, c := range map[string]call{
		"a mistake in a flag": {
			args: []string{"config", "check", "--set", "otp.length=5"}, code: 2,
			err: `otp.length: not a good value: "5" (--set): give 6 to 10`,
		},
		"a mistake in a variable": {
			args: []string{"serve"}, environment: []string{"DOORCODE_OTP_LENGTH=5"}, code: 2,
			err: `otp.length: not a good value: "5" (DOORCODE_OTP_LENGTH): give 6 to 10`,
		},
		"a mistake about channels": {
			args: []string{"config", "check"}, environment: []string{"DOORCODE_SMS_PROVIDERS=x"}, code: 2,
			err: "sms.providers: names a provider",
		},
		"no file there": {
			args: []string{"config", "check", "--config", "none.yaml"}, code: 2,
			err: "none.yaml: the file cannot be read",
		},
		"a warning": {
			args: []string{"config", "check"}, environment: []string{"DOORCODE_X=1"},
			err: "warning: DOORCODE_X: unknown variable",
		},
		"a warning beside a mistake": {
			args: []string{"config", "check", "--set", "otp.length=5"}, environment: []string{"DOORCODE_X=1"}, code: 2,
			err: "warning: DOORCODE_X: unknown variable, ignored: take it out\ndoorcode: the configuration has mistakes:\n",
		},
		"a warning of any command": {
			args: []string{"migrate", "status"}, environment: []string{"DOORCODE_X=1"},
			out: "migrate up", err: "warning: DOORCODE_X",
		},
		"a warning of what is refused": {
			args:        []string{"serve", "--set", "otp.length=5"},
			environment: []string{"DOORCODE_X=1"}, code: 2, err: "warning: DOORCODE_X",
		},
		"a warning of what fails": {
			args: []string{"serve", "--database-url", "postgres://" + free + "/none"}, environment: []string{"DOORCODE_X=1"},
			code: 1, err: "warning: DOORCODE_X",
		},
		"a warning about a channel, beside a mistake": {
			args: []string{"config", "check", "--set", "otp.length=5"}, environment: []string{"DOORCODE_CARRIER_PROVIDERS=x"},
			code: 2,
			err:  "warning: carrier.providers: no provider serves a channel carrier",
		},
		"no provider serves": {
			args: []string{"healthcheck", "--addr", free}, code: 1,
			err: "connection refused (start it with doorcode serve, or set DOORCODE_HTTP_ADDR or --addr to where it listens)",
		},
		"no database": {
			args: []string{"serve", "--database-url", "postgres://" + free + "/none"}, code: 1,
			err: "connection refused (start PostgreSQL, or set DOORCODE_DATABASE_URL to where it is)",
		},
		"no database to migrate": {
			args: []string{"migrate", "status", "--database-url", "postgres://" + free + "/none"},
			code: 1, err: "refused",
		},
	} {
		t.Run(name, c.make)
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{"sqlite": "sqlite://doorcode.db", "postgres": pgtest.Database(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, environment := t.TempDir(), []string{"DOORCODE_DATABASE_URL=" + url}
			type schema struct {
				Version  int64 `json:"version"`
				Want     int64 `json:"want"`
				UpToDate bool  `json:"up_to_date"`
			}
			look := func() (s schema) {
				got := run(t, dir, environment, "migrate", "status", "--output", "json")
				require.Zero(t, got.code, got.err)
				require.NoError(t, json.Unmarshal([]byte(got.out), &s))
				return s
			}
			before := look()
			require.Zero(t, before.Version)
			require.Positive(t, before.Want)
			require.False(t, before.UpToDate)
			require.Contains(t, run(t, dir, environment, "migrate", "status").out, "run migrate up")
			got := run(t, dir, environment, "migrate", "up")
			require.Zero(t, got.code, got.err)
			require.Contains(t, got.out, "(was 0)")
			require.Equal(t, schema{before.Want, before.Want, true}, look())
			require.Contains(t, run(t, dir, environment, "migrate", "up").out, "up to date")
		})
	}
}

// server is the program while it serves.
type server struct {
	cmd      *exec.Cmd
	url      string
	out, err *journal
	done     chan struct{} // closed when it has ended
}

type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// serve starts the service and waits until it is alive. It does not ask for
// readiness, nor leave a trace of having asked how the service is.
func serve(t *testing.T, dir string, environment []string, args ...string) *server {
	t.Helper()
	return start(t, dir, environment, func(*exec.Cmd) {}, args...)
}

// start is serve with a last word on how.
func start(t *testing.T, dir string, environment []string, prepare func(*exec.Cmd), args ...string) *server {
	t.Helper()
	addr := freeAddr(t)
	s := &server{url: "http://" + addr, out: &journal{}, err: &journal{}, done: make(chan struct{})}
	s.cmd = command(t, dir, append([]string{"DOORCODE_HTTP_ADDR=" + addr}, environment...), args...)
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.err
	prepare(s.cmd)
	require.NoError(t, s.cmd.Start())
	go func() {
		defer close(s.done)
		_ = s.cmd.Wait() // its code is looked at later
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // it may have ended already
		<-s.done
	})
	require.Eventually(t, func() bool { return get(s.url+"/openapi.yaml") == http.StatusOK || s.ended() }, 20*time.Second,
		5*time.Millisecond)
	require.False(t, s.ended(), s.err)
	return s
}

func (s *server) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// stop sends a signal and returns the exit code and how long it took.
func (s *server) stop(t *testing.T, signal os.Signal) (int, time.Duration) {
	t.Helper()
	begin := time.Now()
	require.NoError(t, s.cmd.Process.Signal(signal))
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		t.Fatal("it has not ended within 20 s: " + s.err.String())
	}
	return s.cmd.ProcessState.ExitCode(), time.Since(begin)
}

// get is the status of an answer, 0 for none.
func get(url string) int {
	response, err := http.Get(url)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0
	}
	return response.StatusCode
}

func TestServe_needsNoConfiguration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, dir, nil)
	for _, want := range []string{
		"listens on " + s.url, "sqlite://doorcode.db", "email (console), sms (console)",
		"not sent     email, sms, whatsapp, voice: nothing is sent, messages are printed here\n",
		"3/h to one recipient (ratelimit.identifier_requests, 0 = off)\n", "curl " + s.url,
	} {
		require.Eventually(t, func() bool { return strings.Contains(s.out.String(), want) }, 5*time.Second, time.Millisecond,
			want)
	}
	require.FileExists(t, filepath.Join(dir, "doorcode.db"))
	key := filepath.Join(dir, "doorcode.key")
	info, err := os.Stat(key)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	first, err := os.ReadFile(key)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(first), 32)

	code, _ := s.stop(t, syscall.SIGTERM)
	require.Zero(t, code, s.err)
	code, _ = serve(t, dir, nil).stop(t, syscall.SIGINT)
	require.Zero(t, code)
	second, err := os.ReadFile(key)
	require.NoError(t, err)
	require.Equal(t, first, second, "the key was made anew")
}

func TestServe_keepsNothingForAMemoryDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	serve(t, dir, nil, "--database-url", "sqlite://:memory:")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestServe_holdsItsFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := serve(t, dir, nil)
	got := run(t, dir, []string{"DOORCODE_HTTP_ADDR=127.0.0.1:0"}, "serve")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.err, "doorcode.db")
	require.Contains(t, got.err, "stop it, or set DOORCODE_DATABASE_URL", "the cure is missing")
	require.Equal(t, http.StatusOK, get(first.url+"/readyz"))
	require.Zero(t, run(t, dir, nil, "migrate", "status").code, "other commands may run beside it")
}

func TestServe_signals(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), []string{"DOORCODE_DATABASE_URL=sqlite://:memory:"})
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGHUP))
	require.Eventually(t, func() bool { return strings.Contains(s.err.String(), "hangup ignored") }, 5*time.Second,
		time.Millisecond)
	require.Equal(t, http.StatusOK, get(s.url+"/openapi.yaml"))
	code, took := s.stop(t, syscall.SIGTERM)
	require.Zero(t, code, s.err)
	require.Less(t, took, 5*time.Second, "without a watcher of readiness there is nothing to wait for")

	s = serve(t, t.TempDir(), []string{"DOORCODE_DATABASE_URL=sqlite://:memory:", "DOORCODE_HTTP_DRAIN=1m"})
	require.Equal(t, http.StatusOK, get(s.url+"/readyz"))
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { return get(s.url+"/readyz") == http.StatusServiceUnavailable }, 5*time.Second,
		time.Millisecond)
	got := run(t, t.TempDir(), nil, "healthcheck", "--addr", strings.TrimPrefix(s.url, "http://"))
	require.Equal(t, 1, got.code)
	require.Contains(t, got.err, "the service is not ready: "+s.url+"/readyz answers 503")
	code, _ = s.stop(t, syscall.SIGTERM)
	require.Equal(t, -1, code, "the second signal ends it at once")
}

// The reader of the output may close it: the service stays.
func TestServe_outlivesItsReader(t *testing.T) {
	t.Parallel()
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	s := start(t, t.TempDir(), []string{"DOORCODE_DATABASE_URL=sqlite://:memory:"},
		func(cmd *exec.Cmd) { cmd.Stdout = writer })
	require.NoError(t, writer.Close())
	require.NoError(t, reader.Close())
	response, err := http.Post(s.url+"/api/auth/otp/request/", "application/json",
		strings.NewReader(`{"identifier": "ada@example.com"}`))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode, "the code cannot be printed")
	require.Equal(t, http.StatusOK, get(s.url+"/openapi.yaml"))
}

func TestServe_twoAtOnceOnAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	environment := []string{
		"DOORCODE_DATABASE_URL=" + pgtest.Database(t),
		"DOORCODE_SECRET_KEY=0123456789abcdef0123456789abcdef",
	}
	servers := make([]*server, 2)
	var starting sync.WaitGroup
	for i := range servers {
		starting.Go(func() { servers[i] = serve(t, t.TempDir(), environment) })
	}
	starting.Wait()
	for _, s := range servers {
		require.NotNil(t, s)
		require.Equal(t, http.StatusOK, get(s.url+"/readyz"))
	}
}

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	environment := []string{"DOORCODE_DATABASE_URL=sqlite://:memory:"}
	s := serve(t, t.TempDir(), environment)
	got := run(t, t.TempDir(), environment, "healthcheck", "--addr", strings.TrimPrefix(s.url, "http://"))
	require.Equal(t, result{out: "ready\n"}, got)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.url, "http://"))
	require.NoError(t, err)
	got = run(t, t.TempDir(), environment, "healthcheck", "--addr", ":"+port, "--output", "json")
	require.JSONEq(t, `{"status": "ready"}`, got.out)
	got = run(t, t.TempDir(), environment, "healthcheck", "--addr", freeAddr(t), "--output", "json")
	require.Equal(t, 1, got.code)
	var answer struct{ Status, Problem string }
	require.NoError(t, json.Unmarshal([]byte(got.out), &answer), got.out)
	require.Equal(t, "not ready", answer.Status)
	require.Contains(t, answer.Problem, "refused")
	require.Contains(t, got.err, answer.Problem)
	_, took := s.stop(t, syscall.SIGTERM)
	require.Less(t, took, 5*time.Second, "its own health check is no load balancer")
}

// What answers, but not as a service that is ready, is told with what to look at.
func TestHealthcheck_saysWhatToDo(t *testing.T) {
	t.Parallel()
	for status, cure := range map[int]string{
		http.StatusServiceUnavailable: "its log says which",
		http.StatusNotFound:           "something else listens there: set DOORCODE_HTTP_ADDR or --addr",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		got := run(t, t.TempDir(), nil, "healthcheck", "--addr", strings.TrimPrefix(server.URL, "http://"))
		server.Close()
		require.Equal(t, 1, got.code)
		require.Contains(t, got.err, cure)
	}
	got := run(t, t.TempDir(), nil, "healthcheck", "--addr", "doorcode.invalid:8000")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.err, "(start it with doorcode serve, or set DOORCODE_HTTP_ADDR or --addr to where it listens)")
}

func ready(client *http.Client, url string) bool {
	response, err := client.Get(url + "/readyz")
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err == nil && response.StatusCode == http.StatusOK
}

// A client that honours readiness loses no request when the service is told to
// stop under load.
func TestServe_drainsUnderLoad(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), []string{
		"DOORCODE_HTTP_DRAIN=1s", "DOORCODE_RATELIMIT_IP_REQUEST=0", "DOORCODE_LOG_LEVEL=error",
		"DOORCODE_SECRET_KEY=0123456789abcdef0123456789abcdef",
	})
	const clients = 8
	var working sync.WaitGroup
	answered, lost := make([]int, clients), make([][]string, clients)
	begun := make(chan struct{}, clients)
	for i := range clients {
		working.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			for n := 0; ready(client, s.url); n++ {
				body := `{"identifier": "p` + string(rune('a'+i)) + strings.Repeat("x", n%20) + `@example.com"}`
				response, err := client.Post(s.url+"/api/auth/otp/request/", "application/json", strings.NewReader(body))
				if err != nil {
					lost[i] = append(lost[i], err.Error())
					continue
				}
				if _, err := io.Copy(io.Discard, response.Body); err != nil {
					lost[i] = append(lost[i], err.Error())
				}
				response.Body.Close()
				if answered[i]++; answered[i] == 5 {
					begun <- struct{}{}
				}
			}
		})
	}
	for range clients {
		<-begun
	}
	code, took := s.stop(t, syscall.SIGTERM)
	working.Wait()
	require.Zero(t, code, s.err)
	require.Less(t, took, 15*time.Second)
	for i := range clients {
		require.Empty(t, lost[i])
		require.GreaterOrEqual(t, answered[i], 5)
	}
}
