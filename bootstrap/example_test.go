package bootstrap_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
)

// inbox is a port.CodeSender that keeps the messages.
type inbox chan port.CodeMessage

func (in inbox) Send(_ context.Context, m port.CodeMessage) port.SendOutcome {
	in <- m
	return port.SendOutcome{Result: domain.SendAccepted}
}

// channels makes the inbox the sender of every channel.
func (in inbox) channels() []port.ChannelSender {
	return []port.ChannelSender{{Channel: domain.Channel{Name: domain.ChannelAny}, Provider: "inbox", Sender: in}}
}

// One field of Ports is swapped, and the whole service signs a user in.
func Example_swap() {
	cfg, err := bootstrap.Configure(bootstrap.Sources{Flags: map[string]string{
		"environment": "testing", "database.url": "sqlite://:memory:", "log.level": "error",
	}})
	must(err)
	ports, closePorts, err := bootstrap.NewPorts(context.Background(), cfg)
	must(err)
	defer closePorts()

	codes := make(inbox, 1)
	ports.Channels = codes.channels()

	app, err := bootstrap.NewApp(cfg, ports)
	must(err)
	server := httptest.NewServer(app.Handler())
	defer server.Close()

	asked := call(http.MethodPost, server.URL+"/api/auth/otp/request/", "",
		map[string]any{"identifier": "Ada@Example.com"})
	fmt.Println(asked["message"], "for", asked["recipient"])

	signedIn := call(http.MethodPost, server.URL+"/api/auth/otp/verify/", "", map[string]any{
		"challenge_id": asked["challenge_id"], "otp_code": (<-codes).Code.Reveal(),
	})
	fmt.Println("new user:", signedIn["is_new_user"])

	profile := call(http.MethodGet, server.URL+"/api/profile/", access(signedIn), nil)
	fmt.Println(profile["email"], "verified:", profile["email_verified"])

	// Output:
	// OTP sent to email for ad***@example.com
	// new user: true
	// ada@example.com verified: true
}

// travel is a port.Clock that a test moves.
type travel struct{ by atomic.Int64 }

func (t *travel) Now() time.Time {
	return time.Now().UTC().Add(time.Duration(t.by.Load())).Truncate(time.Microsecond)
}

// A swapped clock is that of the tokens and of all limits too.
func Example_clock() {
	clock, codes := &travel{}, make(inbox, 1)
	server, stop := serve(func(ports *bootstrap.Ports) {
		ports.Clock = clock
		ports.Channels = codes.channels()
	})
	defer stop()

	session := signIn(server, codes, "ada@example.com")
	profile := func() any {
		answer := call(http.MethodGet, server+"/api/profile/", access(session), nil)
		if code := answer["code"]; code != nil {
			return code
		}
		return answer["email"]
	}
	fmt.Println("now:", profile())
	clock.by.Store(int64(61 * time.Minute))
	fmt.Println("61 minutes later:", profile())

	// Output:
	// now: ada@example.com
	// 61 minutes later: token_not_valid
}

// A program with a server of its own serves the API below a prefix, beside its own
// routes. Background does what Run does beside the socket.
func Example_embed() {
	cfg, err := bootstrap.Configure(bootstrap.Sources{Flags: map[string]string{
		"environment": "testing", "database.url": "sqlite://:memory:", "log.level": "error",
		"http.public_url": "http://localhost:8000/auth",
	}})
	must(err)
	ports, closePorts, err := bootstrap.NewPorts(context.Background(), cfg)
	must(err)
	defer closePorts()
	codes := make(inbox, 1)
	ports.Channels = codes.channels()
	app, err := bootstrap.NewApp(cfg, ports)
	must(err)

	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", app.Handler()))
	mux.HandleFunc("GET /hello", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"message": "hello"}`)
	})
	server := httptest.NewServer(mux)

	background, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- app.Background(background) }()

	fmt.Println(call(http.MethodGet, server.URL+"/hello", "", nil)["message"])
	signedIn := signIn(server.URL+"/auth", codes, "ada@example.com")
	fmt.Println("new user:", signedIn["is_new_user"])

	server.Close() // first no requests, then nothing behind them
	stop()
	fmt.Println("stopped:", <-stopped)

	// Output:
	// hello
	// new user: true
	// stopped: <nil>
}

// acmeOnly is a port.SignIns for the people of one company.
type acmeOnly struct{ port.SignIns }

func (a acmeOnly) Complete(ctx context.Context, s port.SignIn) (port.SignInResult, error) {
	if !strings.HasSuffix(s.Proof.Recipient.Value(), "@acme.example") {
		return port.SignInResult{}, domain.ErrPermissionDenied
	}
	return a.SignIns.Complete(ctx, s)
}

// A rule of one's own goes around a port. It comes after the proof, so that a request
// for a code tells nothing.
func Example_signUpRule() {
	codes := make(inbox, 1)
	server, stop := serve(func(ports *bootstrap.Ports) {
		ports.Channels = codes.channels()
		ports.SignIns = acmeOnly{ports.SignIns}
	})
	defer stop()

	fmt.Println("bob:", signIn(server, codes, "bob@acme.example")["success"])
	fmt.Println("ada:", signIn(server, codes, "ada@example.com")["code"])

	// Output:
	// bob: true
	// ada: permission_denied
}

// serve runs a service with swapped ports in a test server.
func serve(swap func(*bootstrap.Ports)) (url string, stop func()) {
	cfg, err := bootstrap.Configure(bootstrap.Sources{Flags: map[string]string{
		"environment": "testing", "database.url": "sqlite://:memory:", "log.level": "error",
	}})
	must(err)
	ports, closePorts, err := bootstrap.NewPorts(context.Background(), cfg)
	must(err)
	swap(&ports)
	app, err := bootstrap.NewApp(cfg, ports)
	must(err)
	server := httptest.NewServer(app.Handler())
	background, end := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- app.Background(background) }()
	return server.URL, func() {
		server.Close()
		end()
		must(<-stopped)
		closePorts()
	}
}

// signIn requests a code for an address, and verifies the one that arrives.
func signIn(url string, codes inbox, address string) map[string]any {
	asked := call(http.MethodPost, url+"/api/auth/otp/request/", "", map[string]any{"identifier": address})
	if asked["success"] != true {
		return asked
	}
	return call(http.MethodPost, url+"/api/auth/otp/verify/", "", map[string]any{
		"identifier": address, "otp_code": (<-codes).Code.Reveal(),
	})
}

// access is the access token of an answer.
func access(signedIn map[string]any) string {
	tokens, _ := signedIn["tokens"].(map[string]any)
	token, _ := tokens["access"].(string)
	return token
}

// call sends a JSON body, with a token unless that is "", and reads the answer.
func call(method, url, token string, body map[string]any) map[string]any {
	text, err := json.Marshal(body)
	must(err)
	request, err := http.NewRequest(method, url, bytes.NewReader(text))
	must(err)
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	must(err)
	defer response.Body.Close()
	answer := map[string]any{}
	must(json.NewDecoder(response.Body).Decode(&answer))
	return answer
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
