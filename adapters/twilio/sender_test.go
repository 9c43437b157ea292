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
	"testing/synctest"
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
			want: url.Values{
				"To": {"whatsapp:" + someTo}, "From": {"whatsapp:" + someFrom}, "Body": {body},
				"ValidityPeriod": {"300"},
			},
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

// A call that is late from the start has sent nothing.
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

func TestSend_triesAgain(t *testing.T) {
	t.Parallel()
	limited := func(after string) reply { return withHeader("Retry-After", after, says(429, `{"code":20429}`)) }
	away, accepted := says(503, "away"), reply(nil)
	const delay = 500 * time.Millisecond
	for name, row := range map[string]struct {
		replies    []reply
		retries    int
		patience   time.Duration // 0 for a minute, less for none
		want       domain.SendResult
		requests   int
		atLeast    time.Duration // the first wait
		retryAfter time.Duration // of the outcome
	}{
		"503 then 201":        {[]reply{away, accepted}, 3, 0, domain.SendAccepted, 2, delay, 0},
		"503 thrice then 201": {[]reply{away, away, away, accepted}, 3, 0, domain.SendAccepted, 4, delay, 0},
		"503 once more":       {[]reply{away, away, away, away}, 3, 0, domain.SendUnreachable, 4, delay, 0},
		"503 without retries": {[]reply{away}, 0, 0, domain.SendUnreachable, 1, 0, 0},
		"503 then 500":        {[]reply{away, says(500, "")}, 3, 0, domain.SendUnknown, 2, delay, 0},
		"503 then 400":        {[]reply{away, says(400, `{"code":21211}`)}, 3, 0, domain.SendInvalidRecipient, 2, delay, 0},
		"503 then a reset":    {[]reply{away, raw("", true)}, 3, 0, domain.SendUnknown, 2, delay, 0},
		"503 that says when": {
			[]reply{withHeader("Retry-After", "7", away), accepted},
			3, 0, domain.SendAccepted, 2, 7 * time.Second, 0,
		},
		"503 and no time for a wait": {[]reply{away}, 3, 900 * time.Millisecond, domain.SendUnreachable, 1, 0, 0},
		"503 without a budget":       {[]reply{away}, 3, -1, domain.SendUnreachable, 1, 0, 0},
		"429 that fits": {
			[]reply{limited("2"), accepted},
			3, 5 * time.Second, domain.SendAccepted, 2, 2 * time.Second, 0,
		},
		"429 that just fits": {
			[]reply{limited("4"), accepted},
			3, 4200 * time.Millisecond, domain.SendAccepted, 2, 4 * time.Second, 0,
		},
		"429 that does not fit": {[]reply{limited("12")}, 3, 5 * time.Second, domain.SendRateLimited, 1, 0, 12 * time.Second},
		"429 without a budget":  {[]reply{limited("1")}, 3, -1, domain.SendRateLimited, 1, 0, time.Second},
		"429, no time to ask":   {[]reply{limited("20")}, 3, 0, domain.SendRateLimited, 1, 0, 20 * time.Second},
		"429 that does not say when": {
			[]reply{says(429, "no"), accepted},
			3, 5 * time.Second, domain.SendAccepted, 2, delay, 0,
		},
		"429 that is huge": {
			[]reply{withHeader("Retry-After", "2", says(429, strings.Repeat("x", 2*maxAnswer))), accepted},
			3, 5 * time.Second, domain.SendAccepted, 2, 2 * time.Second, 0,
		},
		"503 that is huge": {
			[]reply{withHeader("Retry-After", "7", says(503, strings.Repeat("x", 2*maxAnswer))), accepted},
			3, 0, domain.SendAccepted, 2, 7 * time.Second, 0,
		},
		"429 that says never":    {[]reply{limited("99999999999999999")}, 3, 0, domain.SendRateLimited, 1, 0, 24 * time.Hour},
		"429 that says nonsense": {[]reply{limited("soon"), limited("-5"), accepted}, 3, 0, domain.SendAccepted, 3, delay, 0},
		"429 until nothing is left": {
			[]reply{limited("1"), limited("1"), limited("3")},
			2, 0, domain.SendRateLimited, 3, time.Second, 3 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, domain.ChannelSMS, func(c *Config) { c.MaxRetries = row.retries })
			b.reply(row.replies...)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			m := letter(t, domain.ChannelSMS)
			if row.patience != 0 {
				m.RetryBudget = max(0, row.patience)
			}
			out := b.Send(ctx, m)
			require.Equal(t, row.want, out.Result, "%v", out.Err)
			require.Equal(t, row.requests, b.requests(), "requests")
			require.Equal(t, row.retryAfter, out.RetryAfter)
			require.Len(t, b.waits.all, row.requests-1, "waits")
			if row.requests > 1 {
				require.GreaterOrEqual(t, b.waits.all[0], row.atLeast)
			}
			requireHidden(t, b, out)
		})
	}
}

// A send that is cancelled while it waits is a refusal.
func TestSend_calledOffBetween(t *testing.T) {
	t.Parallel()
	b := setup(t, domain.ChannelSMS, func(c *Config) { c.RetryDelay = time.Minute })
	ctx, cancel := context.WithCancel(t.Context())
	b.Sender.pause = func(ctx context.Context, wait time.Duration) bool { cancel(); return pause(ctx, wait) }
	b.replyAlways(says(503, ""))
	require.Equal(t, domain.SendUnreachable, b.Send(ctx, letter(t, domain.ChannelSMS)).Result)
	require.Equal(t, 1, b.requests())
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 4; n++ {
		full := time.Second << (n - 1)
		low, high := full, time.Duration(0)
		for i := range 1000 {
			wait := backoff(time.Second, n, fmt.Sprintf("019cec37-b600-7000-9000-%012x", i))
			low, high = min(low, wait), max(high, wait)
		}
		require.GreaterOrEqual(t, low, full/2, "retry %d", n)
		require.LessOrEqual(t, high, full, "retry %d", n)
		require.Less(t, low, full*55/100, "retry %d is not spread", n)
		require.Greater(t, high, full*95/100, "retry %d is not spread", n)
	}
	require.Zero(t, backoff(0, 1, "d"))
	require.Positive(t, backoff(time.Minute, 1000, "d"), "however often")
	require.Equal(t, backoff(time.Second, 1, "d"), backoff(time.Second, 1, "d"))
}

// With what is configured where nobody configures anything, whoever asks hears of a
// refusal before they stop waiting, and no retry is left out for it.
func TestWaitFor_thePatienceOfACaller(t *testing.T) {
	t.Parallel()
	config := Config{RetryDelay: time.Second, MaxRetries: 3}
	for i := range 200 {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			patience, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			for n := 1; n <= config.MaxRetries; n++ {
				wait, ok := config.waitFor(patience, n, fmt.Sprint(i), 0)
				require.True(t, ok, "retry %d, after %s", n, time.Since(start))
				require.GreaterOrEqual(t, wait, config.RetryDelay/2)
				require.True(t, pause(patience, wait))
			}
			require.Less(t, time.Since(start), 5*time.Second-enough)
		})
	}
}

func TestWaitFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config := Config{RetryDelay: time.Second}
		within := func(patience time.Duration, n int, told time.Duration) (time.Duration, bool) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			return config.waitFor(ctx, n, "d", told)
		}
		first, third := backoff(time.Second, 1, "d"), backoff(time.Second, 3, "d")
		wait, ok := within(time.Minute, 3, 0)
		require.True(t, ok)
		require.Equal(t, third, wait)
		wait, ok = within(first+enough+1, 3, 0)
		require.True(t, ok, "it need not be doubled")
		require.Equal(t, first, wait)
		_, ok = within(first+enough, 3, 0)
		require.False(t, ok, "no time is left for a request")
		_, ok = within(0, 1, 0)
		require.False(t, ok, "no budget")

		wait, ok = within(5*time.Second, 1, 5*time.Second-1)
		require.True(t, ok, "it ends before")
		require.Equal(t, 5*time.Second-1, wait)
		_, ok = within(5*time.Second, 1, 5*time.Second)
		require.False(t, ok)
		_, ok = within(5*time.Second, 3, 12*time.Second)
		require.False(t, ok)
		wait, ok = within(time.Minute, 3, time.Millisecond)
		require.True(t, ok)
		require.Equal(t, third, wait, "who asks for little is asked no sooner for it")
	})
}

func TestFits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		require.True(t, fits(t.Context(), time.Hour), "no end")
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		require.True(t, fits(ctx, 10*time.Second-1))
		require.False(t, fits(ctx, 10*time.Second))
		require.False(t, fits(ctx, time.Minute))
		require.True(t, pause(ctx, 5*time.Second))
		require.False(t, fits(ctx, 5*time.Second))
		require.True(t, fits(ctx, 4*time.Second))
		require.False(t, pause(ctx, 6*time.Second))
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const now = "Sat, 14 Mar 2026 12:00:00 GMT"
	for name, row := range map[string]struct {
		value, date string
		want        time.Duration
	}{
		"seconds":              {"5", "", 5 * time.Second},
		"none":                 {"", now, 0},
		"a time":               {"Sat, 14 Mar 2026 12:00:09 GMT", now, 9 * time.Second},
		"a time of no day":     {"Sat, 14 Mar 2026 12:00:09 GMT", "", 0},
		"a time that is over":  {"Sat, 14 Mar 2026 11:00:00 GMT", now, 0},
		"a time in years":      {"Sat, 14 Mar 2037 11:00:00 GMT", now, maxRetryAfter},
		"less than nothing":    {"-1", now, 0},
		"more than a number":   {"99999999999999999999999999", now, 0},
		"more than a duration": {"9223372036854775807", now, maxRetryAfter},
	} {
		header := http.Header{"Retry-After": {row.value}, "Date": {row.date}}
		require.Equal(t, row.want, retryAfter(header), name)
	}
}
