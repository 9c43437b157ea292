package client_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// programs are those that the tests run, built once.
var programs struct {
	dir      string
	doorcode func() error
	gin      func() error
}

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "doorcode-client-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "make a folder for programs:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	programs.dir = dir
	programs.doorcode = sync.OnceValue(func() error {
		return build("..", filepath.Join(dir, "doorcode"), "./cmd/doorcode")
	})
	programs.gin = sync.OnceValue(buildGin)
	return m.Run()
}

// build builds a package of a module, as the tests of doorcode do, so that little is
// compiled twice.
func build(module, output string, args ...string) error {
	cmd := exec.Command("go", append([]string{"build", "-tags=nomsgpack", "-o", output}, args...)...)
	cmd.Dir = module
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %v in %s: %w\n%s", args, module, err, out)
	}
	return nil
}

// buildGin builds the example with this very client, which the example's go.mod knows
// by its released version only: the go.mod of this build is another one.
func buildGin() error {
	const module = "examples/gin"
	mod, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		return err
	}
	sum, err := os.ReadFile(filepath.Join(module, "go.sum"))
	if err != nil {
		return err
	}
	here, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	mod = fmt.Appendf(mod, "\nreplace github.com/doorcode-auth/doorcode/client => %q\n", here)
	modfile := filepath.Join(programs.dir, "gin.mod")
	if err := os.WriteFile(modfile, mod, 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(programs.dir, "gin.sum"), sum, 0o600); err != nil {
		return err
	}
	return build(module, filepath.Join(programs.dir, "gin"), "-modfile="+modfile, ".")
}

// doorcode is the real one, behind an address that stays when it is started anew.
type doorcode struct {
	URL     string
	dir     string
	target  atomic.Pointer[url.URL] // nil while it is down
	fetches atomic.Int64            // of keys
	stop    context.CancelFunc
	ended   <-chan struct{}
}

func newDoorcode(t *testing.T) *doorcode {
	t.Helper()
	if err := programs.doorcode(); err != nil {
		t.Fatalf("these tests run in a clone of doorcode: %v", err)
	}
	d := &doorcode{dir: t.TempDir()}
	proxy := &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(d.target.Load()) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/jwks.json" {
			d.fetches.Add(1)
		}
		if d.target.Load() == nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	d.URL = front.URL
	return d
}

// start starts doorcode with an empty database and these variables, and waits until it
// is ready.
func (d *doorcode) start(t *testing.T, environment ...string) {
	t.Helper()
	p := launch(t, filepath.Join(programs.dir, "doorcode"), d.dir, append([]string{
		"DOORCODE_HTTP_ADDR=127.0.0.1:0", "DOORCODE_HTTP_PUBLIC_URL=" + d.URL, "DOORCODE_DATABASE_URL=sqlite://:memory:",
		"DOORCODE_CONSOLE_FILE=codes.jsonl", "DOORCODE_SECRET_KEY=the secret key of tests, 32 bytes or more",
	}, environment...))
	d.target.Store(p.url)
	d.stop, d.ended = p.stop, p.ended
	p.await(t, "is ready", func() bool {
		response, err := http.Get(p.url.JoinPath("readyz").String())
		if err == nil {
			response.Body.Close()
		}
		return err == nil && response.StatusCode == http.StatusOK
	})
}

// down ends doorcode.
func (d *doorcode) down() {
	d.target.Store(nil)
	d.stop()
	<-d.ended
}

// newKey makes a key pair and returns the name of its file.
func (d *doorcode) newKey(t *testing.T, name, algorithm string) string {
	t.Helper()
	cmd := exec.Command(
		filepath.Join(programs.dir, "doorcode"), "keys", "generate", "--algorithm", algorithm, "--out", name,
	)
	cmd.Dir, cmd.Env = d.dir, []string{}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make a key: %v\n%s", err, out)
	}
	return name
}

// signedIn is the response to a successful sign-in.
type signedIn struct {
	Tokens    struct{ Access, Refresh string }
	SessionID string `json:"session_id"`
	User      struct {
		ID   int64
		UUID string
	}
}

// signIn signs a user in: request a code, read the message, verify the code.
func (d *doorcode) signIn(t *testing.T, email string) (s signedIn) {
	t.Helper()
	d.post(t, "/api/auth/otp/request/", map[string]string{"identifier": email}, nil)
	d.post(t, "/api/auth/otp/verify/", map[string]string{"identifier": email, "otp_code": d.code(t, email)}, &s)
	return s
}

func (d *doorcode) post(t *testing.T, path string, body, answer any) {
	t.Helper()
	data, err := json.Marshal(body)
	check(t, err)
	response, err := http.Post(d.URL+path, "application/json", bytes.NewReader(data))
	check(t, err)
	defer response.Body.Close()
	data, err = io.ReadAll(response.Body)
	check(t, err)
	if response.StatusCode >= 300 {
		t.Fatalf("POST %s: %s\n%s", path, response.Status, data)
	}
	if answer != nil {
		check(t, json.Unmarshal(data, answer))
	}
}

// code is the code of the newest message to an address.
func (d *doorcode) code(t *testing.T, email string) (code string) {
	t.Helper()
	file, err := os.Open(filepath.Join(d.dir, "codes.jsonl"))
	check(t, err)
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var message struct{ To, Code string }
		check(t, json.Unmarshal(lines.Bytes(), &message))
		if message.To == email {
			code = message.Code
		}
	}
	return code
}

// process is a program that serves.
type process struct {
	url   *url.URL
	stop  context.CancelFunc
	ended <-chan struct{}
	out   *journal
}

// listens finds the address in the output of a program.
var listens = regexp.MustCompile(`listens on (http://\S+)`)

// launch starts a program, waits for its address, and kills it at the end of the test.
func launch(t *testing.T, program, dir string, environment []string, args ...string) *process {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended, out := make(chan struct{}), &journal{}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, environment, out, out
	check(t, cmd.Start())
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it is killed
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	p := &process{stop: stop, ended: ended, out: out}
	p.await(t, "prints its address", func() bool {
		found := listens.FindStringSubmatch(out.String())
		if found != nil {
			p.url, _ = url.Parse(found[1])
		}
		return p.url != nil
	})
	return p
}

func (p *process) await(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick, late := time.NewTicker(2*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-p.ended:
			t.Fatalf("the program has ended before it %s:\n%s", what, p.out)
		case <-late:
			t.Fatalf("not within 20 s: the program %s:\n%s", what, p.out)
		}
	}
}

// journal is what a program prints, for two goroutines.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(data []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(data)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
