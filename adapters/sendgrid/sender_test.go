package sendgrid

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/fake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func someMessage(t testing.TB) port.CodeMessage {
	t.Helper()
	to, err := domain.ParseEmail("ada@example.com")
	require.NoError(t, err)
	return port.CodeMessage{
		DeliveryID: "019cec37-b600-7000-8000-00000000000d", ChallengeID: "019cec37-b600-7000-8000-00000000000c",
		Channel: domain.ChannelEmail, To: to, Code: domain.NewCode("483920"), Purpose: domain.PurposeSignIn, Locale: "de-AT",
		ExpiresAt: fake.Noon.Add(5 * time.Minute), ExpiresIn: 5*time.Minute - time.Second,
		Compose: composes(port.MessageText{
			From:    port.Mailbox{Name: "Müller & \"Söhne\"", Address: "login@acme.example"},
			Subject: "Your code\r\nBcc: eve@example.com", Body: "Your code\n\n483920\n",
			HTML: "<html><body><b>483920</b></body></html>",
		}),
	}
}

func composes(text port.MessageText) func() (port.MessageText, error) {
	return func() (port.MessageText, error) { return text, nil }
}

func TestSender_contract(t *testing.T) {
	t.Parallel()
	for _, template := range []string{"", "d-0123456789abcdef"} {
		t.Run("template "+template, func(t *testing.T) {
			t.Parallel()
			contract.CodeSender(t, contract.SenderSetup{
				Channel: domain.KnownChannels[0], Template: template != "", Secrets: []string{apiKey},
				Open: func(t testing.TB) contract.SenderUnderTest {
					a := startAPI(t)
					return contract.SenderUnderTest{
						Sender: openSender(t, a, func(c *Config) { c.TemplateID = template }), Received: a.handed, Hang: a.standStill,
						Reset: func() {
							a.answers(func(w http.ResponseWriter, body []byte) { hijacked(w, string(body), true) })
						},
						Garble: func() {
							a.answers(func(w http.ResponseWriter, body []byte) {
								if template == "" {
									hijacked(w, string(body), false)
								}
								_, _ = w.Write(body) // with 200, which is none of SendGrid's
							})
						},
						Redirect: func(to string) {
							a.answers(func(w http.ResponseWriter, _ []byte) {
								w.Header().Set("Location", to)
								w.WriteHeader(http.StatusTemporaryRedirect)
							})
						},
						Flood: func() {
							a.answers(func(w http.ResponseWriter, _ []byte) {
								contract.Flood(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
							})
						},
						Fail: func() {
							a.answers(func(w http.ResponseWriter, body []byte) {
								refuse(w, http.StatusBadRequest, "content", "not this: "+string(body)+apiKey)
							})
						},
						Throttle: func(wait time.Duration) {
							a.answers(func(w http.ResponseWriter, body []byte) {
								w.Header().Set("Retry-After", fmt.Sprint(wait.Seconds()))
								refuse(w, http.StatusTooManyRequests, "", "not now: "+string(body))
							})
						},
					}
				},
			})
		})
	}
}

func TestSender_request(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	out := openSender(t, a, func(c *Config) { c.BaseURL += "/" }).Send(t.Context(), someMessage(t))
	require.Equal(t, port.SendOutcome{Result: domain.SendAccepted, MessageID: "14c5d75ce93.dfd.64b1"}, out)
	off := map[string]any{"enable": false}
	require.Equal(t, map[string]any{
		"from":             map[string]any{"name": "Müller & \"Söhne\"", "email": "login@acme.example"},
		"subject":          "Your code\r\nBcc: eve@example.com",
		"personalizations": []any{map[string]any{"to": []any{map[string]any{"email": "ada@example.com"}}}},
		"content": []any{
			map[string]any{"type": "text/plain", "value": "Your code\n\n483920\n"},
			map[string]any{"type": "text/html", "value": "<html><body><b>483920</b></body></html>"},
		},
		"headers": map[string]any{"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
		"custom_args": map[string]any{
			"doorcode_challenge": "019cec37-b600-7000-8000-00000000000c",
			"doorcode_delivery":  "019cec37-b600-7000-8000-00000000000d",
		},
		"tracking_settings": map[string]any{
			"click_tracking": map[string]any{"enable": false, "enable_text": false}, "open_tracking": off,
			"subscription_tracking": off, "ganalytics": off,
		},
	}, a.got()[0].raw)
}

func TestSender_template(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	sender := openSender(t, a, func(c *Config) { c.TemplateID = "d-0123456789abcdef" })
	require.Equal(t, domain.SendAccepted, sender.Send(t.Context(), someMessage(t)).Result)
	got := a.got()[0]
	require.Equal(t, "d-0123456789abcdef", got.TemplateID)
	require.Empty(t, got.Content)
	require.Equal(t, map[string]any{
		"code": "483920", "product": "Müller & \"Söhne\"", "subject": "Your code\r\nBcc: eve@example.com", "expiry": 5.0,
		"expires_at": "2026-03-14T12:05:00Z", "purpose": "sign_in", "locale": "de-AT",
	}, got.Personalizations[0].Data)
	require.Equal(t, "019cec37-b600-7000-8000-00000000000d", got.CustomArgs["doorcode_delivery"])
}

// What SendGrid answers decides; each is asked once.
func TestSender_answers(t *testing.T) {
	t.Parallel()
	for name, row := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := startAPI(t)
			a.answers(func(w http.ResponseWriter, body []byte) {
				for key, value := range row.header {
					w.Header().Set(key, value)
				}
				if row.body != "" {
					w.WriteHeader(row.status)
					_, _ = w.Write([]byte(row.body + string(body)))
					return
				}
				refuse(w, row.status, row.field, "not this: "+string(body)+apiKey)
			})
			out := openSender(t, a, nil).Send(t.Context(), someMessage(t))
			require.Equal(t, row.want, out.Result, "%v", out.Err)
			require.Equal(t, row.wait, out.RetryAfter)
			require.Len(t, a.got(), 1, "requests")
			if row.want.Accepted() {
				require.NoError(t, out.Err)
				return
			}
			require.ErrorContains(t, out.Err, fmt.Sprintf("it answered %d", row.status))
			requireSecrets(t, out.Err)
		})
	}
}

var answers = map[string]struct {
	status int
	field  string
	body   string
	header map[string]string
	want   domain.SendResult
	wait   time.Duration
}{
	"202":                     {status: 202, want: domain.SendAccepted},
	"202 with an error":       {status: 202, body: `{"errors":[{"message":"no"}]}`, want: domain.SendAccepted},
	"202 with a page":         {status: 202, body: "<html>", want: domain.SendAccepted},
	"200":                     {status: 200, body: `{}`, want: domain.SendUnknown},
	"200 with an error":       {status: 200, field: "from", want: domain.SendUnknown},
	"200 about the recipient": {status: 200, field: "personalizations.0.to", want: domain.SendUnknown},
	"201":                     {status: 201, body: "x", want: domain.SendUnknown},
	"204":                     {status: 204, body: "x", want: domain.SendUnknown},
	"302": {
		status: 302, body: "x", header: map[string]string{"Location": "/v3/mail/send"}, want: domain.SendUnknown,
	},
	"307": {
		status: 307, body: "x", header: map[string]string{"Location": "/v3/mail/send"}, want: domain.SendUnknown,
	},
	"400":                       {status: 400, field: "from.email", want: domain.SendRejected},
	"400 about the recipient":   {status: 400, field: "personalizations.0.to", want: domain.SendInvalidRecipient},
	"400 about its address":     {status: 400, field: "personalizations.0.to.0.email", want: domain.SendInvalidRecipient},
	"400 about what looks like": {status: 400, field: "personalizations.0.to_be_seen", want: domain.SendRejected},
	"400 about a code":          {status: 400, field: "483920", want: domain.SendRejected},
	"400 with a page":           {status: 400, body: "<html>personalizations.0.to", want: domain.SendRejected},
	"401":                       {status: 401, want: domain.SendAuthenticationFailed},
	"401 about the recipient":   {status: 401, field: "personalizations.0.to", want: domain.SendAuthenticationFailed},
	"403":                       {status: 403, field: "from", want: domain.SendAuthenticationFailed},
	"404 with a page":           {status: 404, body: "<html>not here</html>", want: domain.SendRejected},
	"405":                       {status: 405, want: domain.SendRejected},
	"413":                       {status: 413, want: domain.SendRejected},
	"429":                       {status: 429, want: domain.SendRateLimited},
	"429 for a while": {
		status: 429, header: map[string]string{"Retry-After": "7"}, want: domain.SendRateLimited, wait: 7 * time.Second,
	},
	"429 for ages": {
		status: 429, header: map[string]string{"Retry-After": "99999999"}, want: domain.SendRateLimited, wait: 24 * time.Hour,
	},
	"429 for nonsense": {
		status: 429, header: map[string]string{"Retry-After": "-7"}, want: domain.SendRateLimited,
	},
	"429 until a time": {
		status: 429, want: domain.SendRateLimited, wait: 9 * time.Second,
		header: map[string]string{
			"Date": "Sat, 14 Mar 2026 12:00:00 GMT", "Retry-After": "Sat, 14 Mar 2026 12:00:09 GMT",
		},
	},
	"429 until its limit resets": {
		status: 429, header: map[string]string{"Date": "Sat, 14 Mar 2026 12:00:00 GMT", "X-RateLimit-Reset": "1773489611"},
		want: domain.SendRateLimited, wait: 11 * time.Second,
	},
	"429 until before": {
		status: 429, header: map[string]string{"Date": "Sat, 14 Mar 2026 12:00:00 GMT", "X-RateLimit-Reset": "1773489000"},
		want: domain.SendRateLimited,
	},
	"429 with a page": {
		status: 429, body: "<html>slow down</html>", header: map[string]string{"Retry-After": "1"},
		want: domain.SendRateLimited, wait: time.Second,
	},
	"500":             {status: 500, want: domain.SendUnknown},
	"502 with a page": {status: 502, body: "<html>Bad Gateway</html>", want: domain.SendUnknown},
	"503": {
		status: 503, header: map[string]string{"Retry-After": "7"}, want: domain.SendUnreachable,
	},
	"503 with a page": {status: 503, body: "<html>away</html>", want: domain.SendUnreachable},
	"504":             {status: 504, want: domain.SendUnknown},
	"599":             {status: 599, want: domain.SendUnknown},
}

// hijacked answers with bytes instead of HTTP, and hangs up or not.
func hijacked(w http.ResponseWriter, bytes string, reset bool) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	if reset {
		_ = conn.(*net.TCPConn).SetLinger(0)
	}
	_, _ = conn.Write([]byte(bytes))
	_ = conn.Close()
}

func TestSender_brokenAnswers(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(w http.ResponseWriter, body []byte){
		"hangs up": func(w http.ResponseWriter, _ []byte) { hijacked(w, "", false) },
		"resets":   func(w http.ResponseWriter, _ []byte) { hijacked(w, "", true) },
		"no HTTP": func(w http.ResponseWriter, body []byte) {
			hijacked(w, "483920 "+string(body)+"\r\n\r\n", false)
		},
		"a status that is a code": func(w http.ResponseWriter, _ []byte) { hijacked(w, "HTTP/1.1 483920 OK\r\n\r\n", false) },
		"a header that is none": func(w http.ResponseWriter, _ []byte) {
			hijacked(w, "HTTP/1.1 202 OK\r\n483920\r\n\r\n", false)
		},
		"a body cut short": func(w http.ResponseWriter, _ []byte) {
			hijacked(w, "HTTP/1.1 400 No\r\nContent-Length: 483920\r\n\r\n{", false)
		},
		"a header without an end": func(w http.ResponseWriter, _ []byte) {
			hijacked(w, "HTTP/1.1 202 OK\r\nX: "+strings.Repeat("483920", 1<<16)+"\r\n\r\n", false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := startAPI(t)
			a.answers(answer)
			out := openSender(t, a, nil).Send(t.Context(), someMessage(t))
			require.Equal(t, domain.SendUnknown, out.Result, "%v", out.Err)
			require.Len(t, a.got(), 1, "requests")
			requireSecrets(t, out.Err)
		})
	}
}

// A message that was taken is taken, whether the answer ends or not.
func TestSender_acceptedWithoutEnd(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]domain.SendResult{202: domain.SendAccepted, 400: domain.SendTimeout} {
		a := startAPI(t)
		over := make(chan struct{})
		a.answers(func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(status)
			w.(http.Flusher).Flush()
			<-over
		})
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		out := openSender(t, a, nil).Send(ctx, someMessage(t))
		cancel()
		close(over)
		require.Equal(t, want, out.Result, "%d: %v", status, out.Err)
	}
}

// An answer without an end is read as far as one can be of use.
func TestSender_endlessAnswer(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	a.answers(func(w http.ResponseWriter, body []byte) {
		w.WriteHeader(http.StatusBadRequest)
		for {
			if _, err := w.Write(body); err != nil {
				return
			}
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	out := openSender(t, a, nil).Send(ctx, someMessage(t))
	require.Equal(t, domain.SendRejected, out.Result, "%v", out.Err)
	requireSecrets(t, out.Err)
}

func TestSender_nobodyThere(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	sender := openSender(t, a, nil)
	a.Close()
	out := sender.Send(t.Context(), someMessage(t))
	require.Equal(t, domain.SendUnreachable, out.Result)
	require.ErrorContains(t, out.Err, "connect to sendgrid: ")
	requireSecrets(t, out.Err)

	sender = openSender(t, a, func(c *Config) { c.BaseURL = "https://" + a.Listener.Addr().String() })
	require.Equal(t, domain.SendUnreachable, sender.Send(t.Context(), someMessage(t)).Result)
}

// A server that cannot prove who it is gets neither the key nor the letter.
func TestSender_wrongCertificate(t *testing.T) {
	t.Parallel()
	a := &api{}
	a.Server = httptest.NewUnstartedServer(http.HandlerFunc(a.serve))
	a.Config.ErrorLog = log.New(io.Discard, "", 0)
	a.StartTLS()
	t.Cleanup(a.Close)
	out := openSender(t, a, nil).Send(t.Context(), someMessage(t))
	require.Equal(t, domain.SendUnreachable, out.Result)
	require.ErrorContains(t, out.Err, "certificate")
	require.Empty(t, a.got())
}

func TestSender_wrongKey(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	out := openSender(t, a, func(c *Config) { c.APIKey = "SG.another" }).Send(t.Context(), someMessage(t))
	require.Equal(t, domain.SendAuthenticationFailed, out.Result)
	require.ErrorContains(t, out.Err, "set sendgrid.api_key")
	require.NotContains(t, out.Err.Error(), "SG.another")
}

func TestSender_refusesBeforehand(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	sender := openSender(t, a, nil)
	phone, err := domain.ParsePhone("+15550100000")
	require.NoError(t, err)
	m := someMessage(t)
	m.To = phone
	require.Equal(t, domain.SendUnsupported, sender.Send(t.Context(), m).Result)
	m = someMessage(t)
	m.Compose = composes(port.MessageText{Body: "483920"})
	out := sender.Send(t.Context(), m)
	require.Equal(t, domain.SendRejected, out.Result)
	require.ErrorContains(t, out.Err, "set email.from")
	require.Empty(t, a.got())
}

// requireSecrets looks for what no error may show.
func requireSecrets(t testing.TB, err error) {
	t.Helper()
	require.Error(t, err)
	for ; err != nil; err = errors.Unwrap(err) {
		shown := fmt.Sprintf("%v %+v %#v", err, err, err)
		for _, secret := range []string{"483920", apiKey, "ada@example.com"} {
			require.NotContains(t, shown, secret)
		}
	}
}
