package twilio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
)

// Each channel runs the kit, WhatsApp with and without a template, SMS also while
// the provider fails in ways that are tried again.
func TestSender_contract(t *testing.T) {
	t.Parallel()
	refusing := func(status, code int) reply {
		return func(w http.ResponseWriter, r *http.Request) {
			quote := r.PostForm.Get("Body") + r.PostForm.Get("ContentVariables")
			refuse(w, status, code, "Refused: "+r.PostForm.Get("To")+" "+quote+" by "+someToken)
		}
	}
	const unknown = 39999
	for name, row := range map[string]struct {
		channel domain.ChannelName
		with    func(*Config)
		fail    reply
		garble  reply
	}{
		"sms": {domain.ChannelSMS, func(*Config) {}, refusing(400, unknown), says(201, `{"status":"queued"}`)},
		"sms by a service": {
			domain.ChannelSMS, func(c *Config) { c.SMSFrom = someService },
			refusing(503, unknown), raw("<quote>\r\n\r\n", false),
		},
		"sms, garbage": {
			domain.ChannelSMS, func(*Config) {},
			raw("HTTP/1.1 <quote>\r\n\r\n", false), raw("HTTP/1.1 <quote>\r\n\r\n", true),
		},
		"whatsapp": {domain.ChannelWhatsApp, func(*Config) {}, refusing(400, unknown), says(201, "<html>")},
		"whatsapp with a template": {
			domain.ChannelWhatsApp, func(c *Config) { c.WhatsAppContentSID = someContent },
			refusing(429, unknown), says(500, "<quote>"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contract.CodeSender(t, contract.SenderSetup{
				Channel:  domain.Channel{Name: row.channel, Kind: domain.KindPhone},
				Template: strings.HasSuffix(name, "with a template"), Secrets: []string{someToken},
				Open: func(t testing.TB) contract.SenderUnderTest {
					p := newProvider(t)
					cfg := p.configured(row.with, func(c *Config) { c.RetryDelay = time.Millisecond })
					return contract.SenderUnderTest{
						Sender: openSender(t, cfg, row.channel), Received: p.received,
						Hang:   func() { p.replyAlways(p.hangs) },
						Reset:  func() { p.replyAlways(raw("", true)) },
						Garble: func() { p.replyAlways(row.garble) },
						Fail:   func() { p.replyAlways(row.fail) },
						Throttle: func(wait time.Duration) {
							p.replyAlways(withHeader("Retry-After", fmt.Sprint(wait.Seconds()), refusing(429, 20429)))
						},
						Redirect: func(to string) { p.replyAlways(withHeader("Location", to, says(307, ""))) },
						Flood: func() {
							p.replyAlways(func(w http.ResponseWriter, r *http.Request) {
								w.WriteHeader(http.StatusCreated)
								contract.Flood(w, r)
							})
						},
					}
				},
			})
		})
	}
}

// sending is a message and the form it becomes.
type sending struct {
	channel domain.ChannelName
	with    func(*Config)
	m       func(*port.CodeMessage)
	want    url.Values
}

func sendings() map[string]sending {
	const body = someDigits + " is your Acme code.\n@id.example.com #" + someDigits
	return map[string]sending{
		"sms": {
			channel: domain.ChannelSMS,
			want:    url.Values{"To": {someTo}, "From": {someFrom}, "Body": {body}, "ValidityPeriod": {"300"}},
		},
		"sms from a name": {
			channel: domain.ChannelSMS,
			with:    func(c *Config) { c.SMSFrom = "Acme & Co" },
			want:    url.Values{"To": {someTo}, "From": {"Acme & Co"}, "Body": {body}, "ValidityPeriod": {"300"}},
		},
		"sms by a service": {
			channel: domain.ChannelSMS,
			with:    func(c *Config) { c.SMSFrom = someService },
			want:    url.Values{"To": {someTo}, "MessagingServiceSid": {someService}, "Body": {body}, "ValidityPeriod": {"300"}},
		},
		"with reports": {
			channel: domain.ChannelSMS,
			m: func(m *port.CodeMessage) {
				m.CallbackURL = "https://id.example.com/webhooks/twilio?challenge=c&delivery=d"
			},
			want: url.Values{
				"To": {someTo}, "From": {someFrom}, "Body": {body}, "ValidityPeriod": {"300"},
				"StatusCallback": {"https://id.example.com/webhooks/twilio?challenge=c&delivery=d"},
			},
		},
		"a code that is nearly over": {
			channel: domain.ChannelSMS,
			m:       func(m *port.CodeMessage) { m.ExpiresIn = time.Millisecond },
			want:    url.Values{"To": {someTo}, "From": {someFrom}, "Body": {body}, "ValidityPeriod": {"1"}},
		},
		"a code for days": {
			channel: domain.ChannelSMS,
			m:       func(m *port.CodeMessage) { m.ExpiresIn = 72 * time.Hour },
			want:    url.Values{"To": {someTo}, "From": {someFrom}, "Body": {body}, "ValidityPeriod": {"36000"}},
		},
		"whatsapp": {
			channel: domain.ChannelWhatsApp,
			want:    url.Values{"To": {"whatsapp:" + someTo}, "From": {"whatsapp:" + someFrom}, "Body": {body}, "ValidityPeriod": {"300"}},
		},
		"whatsapp with a template": {
			channel: domain.ChannelWhatsApp,
			with:    func(c *Config) { c.WhatsAppContentSID = someContent },
			want: url.Values{
				"To": {"whatsapp:" + someTo}, "From": {"whatsapp:" + someFrom}, "ValidityPeriod": {"300"},
				"ContentSid": {someContent}, "ContentVariables": {`{"1":"` + someDigits + `"}`},
			},
		},
	}
}

// What is sent, member by member.
func TestSender_request(t *testing.T) {
	t.Parallel()
	for name, row := range sendings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			with := row.with
			if with == nil {
				with = func(*Config) {}
			}
			b, m := setup(t, row.channel, with), letter(t, row.channel)
			if row.m != nil {
				row.m(&m)
			}
			out := b.Send(t.Context(), m)
			require.Equal(t, port.SendOutcome{Result: domain.SendAccepted, MessageID: someMessage}, out)
			require.Equal(t, []url.Values{row.want}, b.handedForms())
		})
	}
}

// A template needs the text as little as the text needs a template, but what cannot
// be written is not sent.
func TestSender_templateWithoutText(t *testing.T) {
	t.Parallel()
	b := setup(t, domain.ChannelWhatsApp, func(c *Config) { c.WhatsAppContentSID = someContent })
	m := letter(t, domain.ChannelWhatsApp)
	m.Compose = func() (port.MessageText, error) { return port.MessageText{}, errors.New("no text") }
	out := b.Send(t.Context(), m)
	require.Equal(t, domain.SendRejected, out.Result)
	require.EqualError(t, out.Err, "send by twilio: no text")
	require.Zero(t, b.requests())
}

// Big and odd texts arrive as they are.
func TestSender_oddTexts(t *testing.T) {
	t.Parallel()
	b := setup(t, domain.ChannelSMS)
	for _, text := range []string{"ü€漢字🎉\u202e", "a&b=c+d%20;#?", "\r\n\t line\n\n", strings.Repeat("x", 1600), `"'\<>`} {
		m := letter(t, domain.ChannelSMS)
		m.Compose = func() (port.MessageText, error) { return port.MessageText{Body: text}, nil }
		require.Equal(t, domain.SendAccepted, b.Send(t.Context(), m).Result)
		forms := b.handedForms()
		require.Equal(t, text, forms[len(forms)-1].Get("Body"))
	}
	m := letter(t, domain.ChannelSMS)
	m.Compose = func() (port.MessageText, error) { return port.MessageText{Body: strings.Repeat("ü", 1<<20)}, nil }
	out := b.Send(t.Context(), m)
	require.Equal(t, domain.SendRejected, out.Result)
	require.ErrorContains(t, out.Err, "the message is too long: shorten")
}

// sees is a transport that notes where requests go, and answers none.
type sees struct {
	mu   sync.Mutex
	urls []string
}

func (s *sees) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.urls = append(s.urls, r.URL.String())
	return nil, errors.New("nobody there")
}

func TestSender_host(t *testing.T) {
	for name, row := range map[string]struct{ edge, region, base, want string }{
		"as it comes":       {"", "", "", "https://api.twilio.com"},
		"an edge":           {"dublin", "", "", "https://api.dublin.us1.twilio.com"},
		"a region":          {"", "ie1", "", "https://api.ie1.twilio.com"},
		"both":              {"dublin", "ie1", "", "https://api.dublin.ie1.twilio.com"},
		"elsewhere":         {"dublin", "ie1", "http://127.0.0.1:1234", "http://127.0.0.1:1234"},
		"elsewhere, deeper": {"", "", "https://fake.example.com/twilio/", "https://fake.example.com/twilio"},
	} {
		t.Setenv("TWILIO_EDGE", "frankfurt") // which the client library would follow by itself
		t.Setenv("TWILIO_REGION", "de1")
		seen := &sees{}
		sender := openSender(t, Config{
			AccountSID: someAccount, AuthToken: someToken, SMSFrom: someFrom, RequestTimeout: time.Minute,
			Edge: row.edge, Region: row.region, BaseURL: row.base,
		}, domain.ChannelSMS)
		sender.line.transport = seen
		out := sender.Send(t.Context(), letter(t, domain.ChannelSMS))
		require.Equal(t, domain.SendUnreachable, out.Result, name)
		require.Equal(t, []string{row.want + "/2010-04-01/Accounts/" + someAccount + "/Messages.json"}, seen.urls, name)
	}
}

// Who is late from the start has handed nothing over.
func TestSender_calledOffBefore(t *testing.T) {
	t.Parallel()
	b := setup(t, domain.ChannelSMS)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out := b.Send(ctx, letter(t, domain.ChannelSMS))
	require.Equal(t, domain.SendUnreachable, out.Result)
	require.ErrorIs(t, out.Err, context.Canceled)
	require.Zero(t, b.requests())
}
