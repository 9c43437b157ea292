package twilio

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/fake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	someAccount = "AC0123456789abcdef0123456789abcdef"
	someToken   = "5ec4e7a07b3c4d5e6f708192a3b4c5d6"
	someService = "MG0123456789abcdef0123456789abcdef"
	someContent = "HX0123456789abcdef0123456789abcdef"
	someMessage = "SM0123456789abcdef0123456789abcdef"
	someFrom    = "+15550109999"
	someTo      = "+15550100001"
	someDigits  = "483915"
)

// reply is how the provider answers one request; nil is as the real one would.
type reply func(w http.ResponseWriter, r *http.Request)

// provider speaks as Twilio's Messages do, on this machine.
type provider struct {
	*httptest.Server
	mu      sync.Mutex
	forms   []url.Values // of the messages it was handed, in order
	calls   int          // requests, of whatever kind
	replies []reply      // to the next requests
	always  reply        // to those after
	dialled int          // connections
	closing chan struct{}
}

func newProvider(t testing.TB) *provider {
	p := &provider{closing: make(chan struct{})}
	p.Server = httptest.NewUnstartedServer(p)
	p.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if state == http.StateNew {
			p.dialled++
		}
	}
	p.Start()
	t.Cleanup(func() {
		close(p.closing)
		p.Close()
	})
	return p
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.calls++
	p.mu.Unlock()
	account, token, _ := r.BasicAuth()
	err := r.ParseForm()
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/2010-04-01/Accounts/"+someAccount+"/Messages.json":
		refuse(w, 404, 20404, "The requested resource "+r.URL.Path+" was not found")
	case account != someAccount || token != someToken:
		refuse(w, 401, 20003, "Authenticate")
	case err != nil || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded":
		refuse(w, 400, 20001, "Unknown parameters")
	default:
		p.mu.Lock()
		p.forms = append(p.forms, maps.Clone(r.PostForm))
		answer := p.always
		if len(p.replies) > 0 {
			answer, p.replies = p.replies[0], p.replies[1:]
		}
		p.mu.Unlock()
		if answer == nil {
			answer = p.accept
		}
		answer(w, r)
	}
}

// accept checks what Twilio checks, and queues the message.
func (p *provider) accept(w http.ResponseWriter, r *http.Request) {
	from, to := r.PostForm.Get("From"), r.PostForm.Get("To")
	switch {
	case from == "" && r.PostForm.Get("MessagingServiceSid") == "":
		refuse(w, 400, 21603, "A 'From' phone number is required.")
	case strings.HasPrefix(from, "whatsapp:") != strings.HasPrefix(to, "whatsapp:"):
		refuse(w, 400, 21910, "Invalid From and To pair.")
	case !strings.HasPrefix(strings.TrimPrefix(to, "whatsapp:"), "+"):
		refuse(w, 400, 21211, "The 'To' number "+to+" is not a valid phone number.")
	case r.PostForm.Get("Body") == "" && r.PostForm.Get("ContentSid") == "":
		refuse(w, 400, 21619, "A text message body or media urls must be specified.")
	case utf8.RuneCountInString(r.PostForm.Get("Body")) > 1600:
		refuse(w, 400, 21617, "The concatenated message body exceeds the 1600 character limit.")
	default:
		writeJSON(w, 201, queued(r.PostForm.Get("Body")))
	}
}

// queued is the message as Twilio tells it, all its members.
func queued(body string) map[string]any {
	return map[string]any{
		"sid": someMessage, "status": "queued", "body": body, "account_sid": someAccount, "error_code": nil,
		"error_message": nil,
		"num_segments":  "1", "num_media": "0", "direction": "outbound-api", "price": nil, "price_unit": "USD",
		"api_version":  "2010-04-01",
		"date_created": "Sat, 14 Mar 2026 12:00:00 +0000", "date_sent": nil, "messaging_service_sid": nil,
		"subresource_uris": map[string]string{"media": "/2010-04-01/Accounts/" + someAccount + "/Messages/" + someMessage +
			"/Media.json"},
	}
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

func refuse(w http.ResponseWriter, status, code int, message string) {
	writeJSON(w, status, map[string]any{
		"code": code, "message": message, "more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code),
		"status": status,
	})
}

// quoting puts what was handed over, as JSON writes it, where a text says <quote>.
func quoting(text string, r *http.Request) string {
	quoted, _ := json.Marshal(r.PostForm.Get("Body"))
	return strings.ReplaceAll(text, "<quote>", strings.Trim(string(quoted), `"`))
}

// says answers with a status and a body.
func says(status int, body string) reply {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, quoting(body, r))
	}
}

// withHeader answers like another, and says something in a header.
func withHeader(name, value string, then reply) reply {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(name, value)
		then(w, r)
	}
}

// hangs takes a request and never answers.
func (p *provider) hangs(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-p.closing:
	}
}

// raw answers with bytes of its own, and then ends the connection, with a reset if
// it is told to.
func raw(text string, reset bool) reply {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, quoting(text, r))
		if reset {
			_ = conn.(*net.TCPConn).SetLinger(0)
		}
		_ = conn.Close()
	}
}

func (p *provider) reply(replies ...reply) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replies = replies
}

func (p *provider) replyAlways(r reply) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.always = r
}

// requests is how many requests there were.
func (p *provider) requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

func (p *provider) handedForms() []url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]url.Values(nil), p.forms...)
}

// received is what people would get of it.
func (p *provider) received() (list []contract.Handed) {
	for _, form := range p.handedForms() {
		to := strings.TrimPrefix(form.Get("To"), "whatsapp:")
		list = append(list, contract.Handed{To: []string{to}, Text: form.Get("Body") + form.Get("ContentVariables")})
	}
	return list
}

// configured is a configuration that leads to the provider.
func (p *provider) configured(with ...func(*Config)) Config {
	cfg := *Provider.Config().(*Config)
	cfg.AccountSID, cfg.AuthToken, cfg.SMSFrom, cfg.WhatsAppFrom, cfg.BaseURL = someAccount, someToken, someFrom,
		someFrom, p.URL
	for _, change := range with {
		change(&cfg)
	}
	return cfg
}

// waits are those that a sender was told to wait; they take no time.
type waits struct {
	mu  sync.Mutex
	all []time.Duration
}

// bench is a sender, its provider, its waits and its log.
type bench struct {
	*provider
	*Sender
	waits waits
	log   bytes.Buffer
}

// setup makes a sender of a channel.
func setup(t testing.TB, channel domain.ChannelName, with ...func(*Config)) *bench {
	b := &bench{provider: newProvider(t)}
	b.Sender = openSender(t, b.configured(with...), channel)
	b.Sender.pause = func(ctx context.Context, wait time.Duration) bool {
		b.waits.mu.Lock()
		defer b.waits.mu.Unlock()
		b.waits.all = append(b.waits.all, wait)
		return ctx.Err() == nil
	}
	b.line.log = slog.New(slog.NewJSONHandler(&b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return b
}

func openSender(t testing.TB, cfg Config, channel domain.ChannelName) *Sender {
	senders, err := open(io.Discard, cfg)
	require.NoError(t, err)
	for _, s := range senders {
		if s.Channel.Name == channel {
			sender := s.Sender.(*Sender)
			t.Cleanup(sender.line.transport.(*http.Transport).CloseIdleConnections)
			return sender
		}
	}
	require.Fail(t, "no sender of "+string(channel))
	return nil
}

// letter is a message to someTo.
func letter(t testing.TB, channel domain.ChannelName) port.CodeMessage {
	to, err := domain.ParsePhone(someTo)
	require.NoError(t, err)
	return port.CodeMessage{
		DeliveryID: "019cec37-b600-7000-9000-00000000000d", ChallengeID: "019cec37-b600-7000-8000-00000000000c",
		Channel: channel, To: to,
		Code: domain.NewCode(someDigits), ExpiresAt: fake.Noon.Add(5 * time.Minute), ExpiresIn: 5 * time.Minute,
		RetryBudget: time.Minute,
		Compose: func() (port.MessageText, error) {
			return port.MessageText{Body: someDigits + " is your Acme code.\n@id.example.com #" + someDigits}, nil
		},
	}
}
