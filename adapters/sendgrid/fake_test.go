package sendgrid

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/contract"
)

// apiKey is one of the right form.
const apiKey = "SG.not-a-key-of-anybodys.0123456789abcdef"

// api is SendGrid's v3 mail/send on loopback.
type api struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
	answer   func(w http.ResponseWriter, body []byte) // nil to take what comes
	hang     chan struct{}
}

// request is what is read of one; the member names are SendGrid's.
type request struct {
	raw  map[string]any
	From struct {
		Email, Name string
	}
	Subject          string
	Personalizations []struct {
		To, CC, BCC []struct{ Email string }
		Data        map[string]any `json:"dynamic_template_data"`
	}
	Content    []struct{ Type, Value string }
	TemplateID string            `json:"template_id"`
	CustomArgs map[string]string `json:"custom_args"`
	Headers    map[string]string
}

func startAPI(t testing.TB) *api {
	a := &api{}
	a.Server = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(func() {
		a.goOn()
		a.Close()
	})
	return a
}

// openSender opens the provider as the configuration does, with the API on loopback.
func openSender(t testing.TB, a *api, change func(*Config)) *Sender {
	t.Helper()
	cfg := Config{APIKey: apiKey, BaseURL: a.URL}
	if change != nil {
		change(&cfg)
	}
	channels, err := open(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, channels, 1)
	sender, ok := channels[0].Sender.(*Sender)
	if !ok {
		sender = channels[0].Sender.(*ReportingSender).Sender
	}
	t.Cleanup(sender.client.HTTPClient.CloseIdleConnections)
	return sender
}

func (a *api) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if r.Method != http.MethodPost || r.URL.Path != "/v3/mail/send" || r.Header.Get("Content-Type") != "application/json" {
		refuse(w, http.StatusNotFound, "", "no such place")
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+apiKey {
		refuse(w, http.StatusUnauthorized, "", "The provided authorization grant is invalid, expired, or revoked: "+
			r.Header.Get("Authorization"))
		return
	}
	var got request
	if json.Unmarshal(body, &got) != nil || json.Unmarshal(body, &got.raw) != nil {
		refuse(w, http.StatusBadRequest, "", "Bad Request")
		return
	}
	a.mu.Lock()
	a.requests = append(a.requests, got)
	answer, hang := a.answer, a.hang
	n := len(a.requests)
	a.mu.Unlock()
	switch {
	case hang != nil:
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	case answer != nil:
		answer(w, body)
	default:
		w.Header().Set("X-Message-Id", fmt.Sprintf("14c5d75ce93.dfd.64b%d", n))
		w.WriteHeader(http.StatusAccepted)
	}
}

// refuse answers as SendGrid does.
func refuse(w http.ResponseWriter, status int, field, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	problem := map[string]any{"message": message, "field": orNull(field), "help": nil}
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": []any{problem}})
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (a *api) answers(answer func(w http.ResponseWriter, body []byte)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = answer
}

func (a *api) standStill() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hang = make(chan struct{})
}

func (a *api) goOn() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.hang != nil {
		close(a.hang)
		a.hang = nil
	}
}

func (a *api) got() []request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]request(nil), a.requests...)
}

// handed is what was received as the conformance kit wants it.
func (a *api) handed() (list []contract.Handed) {
	for _, r := range a.got() {
		var h contract.Handed
		for _, p := range r.Personalizations {
			for _, all := range [][]struct{ Email string }{p.To, p.CC, p.BCC} {
				for _, one := range all {
					h.To = append(h.To, one.Email)
				}
			}
			h.Text += fmt.Sprint(p.Data)
		}
		for _, c := range r.Content {
			h.Text += c.Value
		}
		list = append(list, h)
	}
	return list
}
