// Providers that report: Twilio and SendGrid on loopback, as the real adapters see
// them, and what they call back with.
package acceptance_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/sendgrid"
	"github.com/doorcode-auth/doorcode/adapters/twilio"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/test/kit"
)

const (
	twilioAccount = "AC0123456789abcdef0123456789abcdef"
	twilioToken   = "5ec4e7a07b3c4d5e6f708192a3b4c5d6"
	publicURL     = "https://id.example.com"
)

// reporters are both providers. They take every message, but for those by WhatsApp,
// whose numbers are all not there.
type reporters struct {
	server *httptest.Server
	key    *ecdsa.PrivateKey

	mu      sync.Mutex
	taken   []takenMessage
	onTaken func(takenMessage) // called before the answer
}

// takenMessage is a message, and where to report on it.
type takenMessage struct {
	sid      string
	callback string            // of Twilio
	args     map[string]string // of SendGrid
}

func startReporters(t testing.TB) *reporters {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	r := &reporters{key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2010-04-01/Accounts/"+twilioAccount+"/Messages.json", r.takeText)
	mux.HandleFunc("POST /v3/mail/send", r.takeMail)
	r.server = httptest.NewServer(mux)
	t.Cleanup(r.server.Close)
	return r
}

func (r *reporters) takeText(w http.ResponseWriter, request *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if strings.HasPrefix(request.PostFormValue("To"), "whatsapp:") {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"code":63003,"message":"Channel could not find To address","status":400}`)
		return
	}
	taken := r.take(takenMessage{callback: request.PostFormValue("StatusCallback")})
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"sid":%q,"status":"queued","error_code":null,"account_sid":%q}`, taken.sid, twilioAccount)
}

func (r *reporters) takeMail(w http.ResponseWriter, request *http.Request) {
	var mail struct {
		CustomArgs       map[string]string `json:"custom_args"`
		Personalizations []struct {
			CustomArgs map[string]string `json:"custom_args"`
		}
	}
	if json.NewDecoder(request.Body).Decode(&mail) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	args := maps.Clone(mail.CustomArgs)
	for _, p := range mail.Personalizations {
		if len(p.CustomArgs) > 0 {
			args = p.CustomArgs
		}
	}
	w.Header().Set("X-Message-Id", r.take(takenMessage{args: args}).sid)
	w.WriteHeader(http.StatusAccepted)
}

func (r *reporters) take(m takenMessage) takenMessage {
	r.mu.Lock()
	m.sid = fmt.Sprintf("SM%032x", len(r.taken)+1)
	r.taken = append(r.taken, m)
	onTaken := r.onTaken
	r.mu.Unlock()
	if onTaken != nil {
		onTaken(m)
	}
	return m
}

// last is the message that was taken last.
func (r *reporters) last(t testing.TB) takenMessage {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	require.NotEmpty(t, r.taken)
	return r.taken[len(r.taken)-1]
}

// options make a service use the providers.
func (r *reporters) options(t testing.TB) kit.Options {
	t.Helper()
	public, err := x509.MarshalPKIXPublicKey(&r.key.PublicKey)
	require.NoError(t, err)
	return kit.Options{
		Set: map[string]string{
			"http.public_url": publicURL, "phone.channels": "whatsapp,sms",
			"ratelimit.identifier_requests": "0",
		},
		Swap: func(ports *bootstrap.Ports) {
			texts, err := twilio.Provider.Open(t.Context(), &twilio.Config{
				AccountSID: twilioAccount, AuthToken: twilioToken, SMSFrom: "+15550109999", WhatsAppFrom: "+15550109999",
				BaseURL:        r.server.URL,
				RequestTimeout: 10 * time.Second,
			})
			require.NoError(t, err)
			mails, err := sendgrid.Provider.Open(t.Context(), &sendgrid.Config{
				APIKey: "SG.not-a-key-of-anybodys", BaseURL: r.server.URL,
				WebhookPublicKey: base64.StdEncoding.EncodeToString(public),
			})
			require.NoError(t, err)
			ports.Channels = slices.Concat(texts, mails)
		},
	}
}

// reports is a call that Twilio makes of a message.
func (m takenMessage) reports(status string, with ...string) call {
	form := url.Values{
		"AccountSid": {twilioAccount}, "MessageSid": {m.sid}, "MessageStatus": {status},
		"ApiVersion": {"2010-04-01"},
	}
	for i := 0; i+1 < len(with); i += 2 {
		form.Set(with[i], with[i+1])
	}
	mac := hmac.New(sha1.New, []byte(twilioToken))
	mac.Write([]byte(m.callback))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		mac.Write([]byte(name + form.Get(name)))
	}
	return call{
		path: strings.TrimPrefix(m.callback, publicURL), body: form.Encode(),
		headers: []kit.Header{
			{Name: "Content-Type", Value: "application/x-www-form-urlencoded; charset=utf-8"},
			{Name: "X-Twilio-Signature", Value: base64.StdEncoding.EncodeToString(mac.Sum(nil))},
		},
	}
}

// events is a call that SendGrid makes, with its body as it is.
func (r *reporters) events(t testing.TB, body string, at time.Time) call {
	t.Helper()
	stamp := strconv.FormatInt(at.Unix(), 10)
	hash := sha256.Sum256([]byte(stamp + body))
	signature, err := ecdsa.SignASN1(rand.Reader, r.key, hash[:])
	require.NoError(t, err)
	return call{
		path: "/webhooks/sendgrid", body: body,
		headers: []kit.Header{
			{Name: "X-Twilio-Email-Event-Webhook-Signature", Value: base64.StdEncoding.EncodeToString(signature)},
			{Name: "X-Twilio-Email-Event-Webhook-Timestamp", Value: stamp},
		},
	}
}

// event is one event of SendGrid of a message.
func (m takenMessage) event(kind string, with ...string) map[string]any {
	e := map[string]any{
		"email": "ada@example.com", "event": kind, "timestamp": time.Now().Unix(), "sg_message_id": m.sid + ".recvd-1",
		"sg_event_id": "x",
		"unknown":     map[string]any{"a": []int{1}},
	}
	for name, value := range m.args {
		e[name] = value
	}
	for i := 0; i+1 < len(with); i += 2 {
		e[with[i]] = with[i+1]
	}
	return e
}

// call is a call of a provider.
type call struct {
	path, body string
	headers    []kit.Header
}

// to makes the call at an instance.
func (c call) to(t testing.TB, s *kit.Service) kit.Answer {
	t.Helper()
	return s.Post(t, c.path, c.body, c.headers...)
}

// forged is the call with another signature.
func (c call) forged() call {
	c.headers = slices.Clone(c.headers)
	for i, h := range c.headers {
		if strings.HasSuffix(h.Name, "-Signature") {
			c.headers[i].Value = "A" + h.Value[1:]
			if c.headers[i].Value == h.Value {
				c.headers[i].Value = "B" + h.Value[1:]
			}
		}
	}
	return c
}
