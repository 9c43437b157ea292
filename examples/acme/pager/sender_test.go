package pager

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
)

// acme is the API of Acme on this machine.
type acme struct {
	mu       sync.Mutex
	received []contract.Handed
	then     func(w http.ResponseWriter, r *http.Request) // after taking a page; nil answers 202
	status   int                                          // instead of taking a page; 0 takes it
	header   string                                       // beside the status, with the value
	value    string
	closed   chan struct{}
}

func (a *acme) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var page struct{ To, Text string }
	if err := json.NewDecoder(r.Body).Decode(&page); err != nil || r.Header.Get("Authorization") != "Bearer the key" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	then, status, header, value := a.then, a.status, a.header, a.value
	if status == 0 {
		a.received = append(a.received, contract.Handed{To: []string{page.To}, Text: page.Text})
	}
	n := len(a.received)
	a.mu.Unlock()
	switch {
	case then != nil:
		then(w, r)
	case status != 0:
		w.Header().Set(header, value)
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":"cannot page %s with %q for %s"}`, page.To, page.Text, r.Header.Get("Authorization"))
	default:
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, `{"id":"page-%d"}`, n)
	}
}

// start starts Acme, and opens the sender as doorcode does.
func start(t testing.TB) (*acme, port.ChannelSender) {
	t.Helper()
	a := &acme{closed: make(chan struct{})}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(a.closed) })
	senders, err := Provider.Open(t.Context(), &Config{URL: server.URL, APIKey: "the key"})
	if err != nil || len(senders) != 1 {
		t.Fatalf("open: %d senders, %v", len(senders), err)
	}
	return a, senders[0]
}

// The conformance kit: what every channel must do.
func TestSender_contract(t *testing.T) {
	contract.CodeSender(t, contract.SenderSetup{
		Channel: domain.Channel{Name: "pager", Kind: domain.KindPhone},
		Secrets: []string{"the key"},
		Open: func(t testing.TB) contract.SenderUnderTest {
			a, s := start(t)
			then := func(answer http.HandlerFunc) func() {
				return func() { a.mu.Lock(); a.then = answer; a.mu.Unlock() }
			}
			refuse := func(status int, header, value string) {
				a.mu.Lock()
				defer a.mu.Unlock()
				a.status, a.header, a.value = status, header, value
			}
			return contract.SenderUnderTest{
				Sender: s.Sender,
				Received: func() []contract.Handed {
					a.mu.Lock()
					defer a.mu.Unlock()
					return append([]contract.Handed(nil), a.received...)
				},
				Hang:  then(func(http.ResponseWriter, *http.Request) { <-a.closed }),
				Reset: then(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
				Garble: then(func(w http.ResponseWriter, _ *http.Request) {
					w.WriteHeader(http.StatusAccepted)
					fmt.Fprint(w, "<html>")
				}),
				Flood: then(func(w http.ResponseWriter, r *http.Request) {
					w.WriteHeader(http.StatusAccepted)
					contract.Flood(w, r)
				}),
				Fail: func() { refuse(http.StatusBadRequest, "", "") },
				Throttle: func(wait time.Duration) {
					refuse(http.StatusTooManyRequests, "Retry-After", fmt.Sprint(wait.Seconds()))
				},
				Redirect: func(to string) { refuse(http.StatusTemporaryRedirect, "Location", to) },
			}
		},
	})
}

// What is the channel's own: what each answer means.
func TestSender_answers(t *testing.T) {
	to, err := domain.ParsePhone("+15551234567")
	if err != nil {
		t.Fatal(err)
	}
	message := port.CodeMessage{To: to, Compose: func() (port.MessageText, error) {
		return port.MessageText{Body: "123456 is your code"}, nil
	}}
	for status, want := range map[int]domain.SendResult{
		0: domain.SendAccepted, 400: domain.SendRejected,
		401: domain.SendAuthenticationFailed, 403: domain.SendAuthenticationFailed,
		404: domain.SendNotOnChannel, 422: domain.SendInvalidRecipient, 429: domain.SendRateLimited,
		200: domain.SendUnknown, 302: domain.SendUnknown, 500: domain.SendUnknown,
		503: domain.SendUnknown,
	} {
		a, s := start(t)
		a.status, a.header, a.value = status, "Retry-After", "7"
		got := s.Sender.Send(t.Context(), message)
		if got.Result != want {
			t.Errorf("status %d: got %s, want %s", status, got.Result, want)
		}
		if status == 429 && got.RetryAfter != 7*time.Second {
			t.Errorf("got a wait of %s, want 7s", got.RetryAfter)
		}
	}
}

func TestProvider_contract(t *testing.T) {
	contract.Provider(t, contract.ProviderSetup{Provider: Provider, Configs: func(_ testing.TB, address string) []any {
		return []any{&Config{URL: address, APIKey: "a key"}, &Config{URL: address, APIKey: "a key", ReportKey: "another"}}
	}})
}

func TestProvider_withoutKey(t *testing.T) {
	if _, err := Provider.Open(t.Context(), &Config{URL: "https://api.acme.example"}); err == nil {
		t.Error("got no error, want one that names acme.api_key")
	}
}
