// Sending: what a client is told of a message, and what it costs them.
package acceptance_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit"
)

// A failed send answers what became of it, and is given back only when the
// provider refused for our sake.
func TestSending_outcomes(t *testing.T) {
	t.Parallel()
	for result, row := range map[domain.SendResult]struct {
		status       int
		email, phone string // codes of the refusal
		givenBack    bool
	}{
		domain.SendAccepted:             {200, "", "", false},
		domain.SendTest:                 {200, "", "", false},
		domain.SendTimeout:              {200, "", "", false},
		domain.SendUnknown:              {200, "", "", false},
		domain.SendResult("no result"):  {200, "", "", false},
		domain.SendInvalidRecipient:     {400, "invalid_email", "invalid_phone", false},
		domain.SendNotOnChannel:         {400, "invalid_channel", "invalid_channel", false},
		domain.SendRejected:             {503, "email_send_failed", "sms_send_failed", false},
		domain.SendUnsupported:          {503, "email_send_failed", "sms_send_failed", false},
		domain.SendRateLimited:          {503, "email_send_failed", "sms_send_failed", true},
		domain.SendAuthenticationFailed: {503, "email_send_failed", "sms_send_failed", true},
		domain.SendUnreachable:          {503, "email_send_failed", "sms_send_failed", true},
	} {
		t.Run(string(result), func(t *testing.T) {
			t.Parallel()
			kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
				s := kit.Start(t, db, kit.Options{})
				s.Inbox.Answer(port.SendOutcome{Result: result, Err: errors.New("the provider says no")})
				for who, code := range map[string]string{"ada@example.com": row.email, "+15551234567": row.phone} {
					for range 3 {
						requireSent(t, s.Request(t, who), row.status, code)
					}
					fourth := s.Request(t, who)
					if row.givenBack {
						requireSent(t, fourth, row.status, code)
					} else {
						fourth.Refused(t, http.StatusTooManyRequests, "rate_limited")
					}
				}
				if row.status == http.StatusOK {
					s.Verify(t, "ada@example.com", s.Code(t, "ada@example.com")).Want(t, http.StatusOK)
				}
			})
		})
	}
}

func requireSent(t *testing.T, a kit.Answer, status int, code string) {
	t.Helper()
	a.Want(t, status)
	require.Equal(t, code, a.Text("code"), a)
	if status == http.StatusServiceUnavailable {
		require.NotEmpty(t, a.Header.Get("Retry-After"), "every 503 tells how long to wait")
		require.Equal(t, a.Header.Get("Retry-After"), strconv.Itoa(a.Number("retry_after")))
	}
}

func TestSending_theProviderSaysHowLongToWait(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		s.Inbox.Answer(port.SendOutcome{Result: domain.SendRateLimited, RetryAfter: 41500 * time.Millisecond})
		refused := s.Request(t, "ada@example.com").Refused(t, http.StatusServiceUnavailable, "email_send_failed")
		require.Equal(t, 42, refused.Number("retry_after"))
	})
}

// The code of a message that is still under way after send.wait is good.
func TestSending_aSlowProvider(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{Set: map[string]string{"send.wait": "50ms"}})
		release := s.Inbox.Hang()
		asked := s.Request(t, "ada@example.com").Want(t, http.StatusOK)
		require.GreaterOrEqual(t, asked.Took, 50*time.Millisecond)
		require.Equal(t, "email", asked.Text("channel"))
		s.VerifyChallenge(t, asked.Text("challenge_id"), s.Code(t, "ada@example.com")).Want(t, http.StatusOK)
		release()
	})
}

// A message whose client hangs up is sent all the same, and counted.
func TestSending_goesOnWithoutTheClient(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		release := s.Inbox.Hang()
		ctx, hangUp := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() {
			_, err := s.TryContext(ctx, http.MethodPost, kit.RequestPath, kit.JSON{"identifier": "ada@example.com"})
			gone <- err
		}()
		code := s.Code(t, "ada@example.com")
		hangUp()
		require.ErrorIs(t, <-gone, context.Canceled)
		release()
		s.Verify(t, "ada@example.com", code).Want(t, http.StatusOK)
		for range 2 {
			s.Request(t, "ada@example.com").Want(t, http.StatusOK)
		}
		s.Request(t, "ada@example.com").Refused(t, http.StatusTooManyRequests, "rate_limited")
	})
}

// routed plugs providers into a channel, tried in this order.
func routed(channel domain.Channel, inboxes ...*fake.Inbox) func(*bootstrap.Ports) {
	return func(ports *bootstrap.Ports) {
		rest := ports.Channels[0] // which serves every channel
		ports.Channels = nil
		for _, rest.Channel = range domain.KnownChannels {
			if rest.Channel.Name != channel.Name {
				ports.Channels = append(ports.Channels, rest)
			}
		}
		for i, inbox := range inboxes {
			ports.Channels = append(ports.Channels,
				port.ChannelSender{Channel: channel, Provider: "provider" + strconv.Itoa(i), Sender: inbox})
		}
	}
}

var email, sms = domain.KnownChannels[0], domain.KnownChannels[1]

// A provider that hangs has 64 messages under way at most, and delays no request
// except those that wait for it.
func TestSending_aProviderThatHangs(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		hanging := fake.NewInbox()
		s := kit.Start(t, db, kit.Options{
			Swap: routed(email, hanging),
			Set:  map[string]string{"send.wait": "20s", "send.total": "20s"},
		})
		const soon = 10 * time.Second // half of what a request waits that does wait
		release := hanging.Hang()
		var waiting sync.WaitGroup
		answers := make([]kit.Answer, 64)
		for i := range answers {
			waiting.Go(func() { answers[i], _ = s.Try(http.MethodPost, kit.RequestPath, kit.JSON{"identifier": person(i)}) })
		}
		hanging.Wait(t, 64)

		const late = "late@example.com"
		for range 4 { // which would be one too many, were they not given back
			full := s.Request(t, late).Refused(t, http.StatusServiceUnavailable, "email_send_failed")
			require.Equal(t, 1, full.Number("retry_after"))
			require.Less(t, full.Took, soon)
		}
		require.Len(t, hanging.Letters(), 64)
		signedIn := s.SignIn(t, "+15551234567")
		require.Less(t, signedIn.Took, soon)
		require.Less(t, s.Profile(t, signedIn.Access).Want(t, http.StatusOK).Took, soon)

		release()
		waiting.Wait()
		for _, answer := range answers {
			answer.Want(t, http.StatusOK)
		}
		for range 3 {
			s.Request(t, late).Want(t, http.StatusOK)
		}
	})
}

// The next provider is tried when one refuses definitely, and only then.
func TestSending_theNextProvider(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		first, second domain.SendResult
		status        int
		code          string
		tried         int // by the second
		givenBack     bool
	}{
		"the first accepts":             {domain.SendAccepted, domain.SendAccepted, 200, "", 0, false},
		"of the first nothing is known": {domain.SendUnknown, domain.SendAccepted, 200, "", 0, false},
		"the first refuses":             {domain.SendRejected, domain.SendAccepted, 200, "", 1, false},
		"both refuse for our sake":      {domain.SendUnreachable, domain.SendRateLimited, 503, "sms_send_failed", 1, true},
		"one refuses for theirs": {
			domain.SendInvalidRecipient, domain.SendUnreachable, 503,
			"sms_send_failed", 1, false,
		},
		"it is not on this channel": {domain.SendNotOnChannel, domain.SendAccepted, 200, "", 1, false},
		"it is on neither": {
			domain.SendNotOnChannel, domain.SendNotOnChannel, 400,
			"invalid_channel", 1, false,
		},
		"the last one's answer counts": {
			domain.SendAuthenticationFailed, domain.SendInvalidRecipient, 400,
			"invalid_phone", 1, false,
		},
		"of the second nothing is known": {domain.SendUnreachable, domain.SendTimeout, 200, "", 1, false},
		"the second cannot do it at all": {domain.SendRateLimited, domain.SendUnsupported, 503, "sms_send_failed", 1, false},
		"the second has no valid account": {
			domain.SendUnsupported, domain.SendAuthenticationFailed, 503,
			"sms_send_failed", 1, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := fake.NewInbox(), fake.NewInbox()
			first.Answer(port.SendOutcome{Result: row.first})
			second.Answer(port.SendOutcome{Result: row.second})
			s := kit.Start(t, kit.OnSQLite(t), kit.Options{
				Swap: routed(sms, first, second), Set: map[string]string{"ratelimit.identifier_requests": "1"},
			})
			requireSent(t, s.Request(t, "+15551234567"), row.status, row.code)
			require.Len(t, first.Letters(), 1)
			require.Len(t, second.Letters(), row.tried)
			again := s.Request(t, "+15551234567")
			require.Equal(t, row.givenBack, again.Status != http.StatusTooManyRequests, again)
		})
	}
}

// A good number that is not on a channel may be on others: the answer lists them.
func TestSending_notOnTheChannel(t *testing.T) {
	t.Parallel()
	absent := fake.NewInbox()
	absent.Answer(port.SendOutcome{Result: domain.SendNotOnChannel, Err: errors.New("no such account")})
	s := kit.Start(t, kit.OnSQLite(t), kit.Options{Swap: routed(sms, absent)})
	const number = "+15551234567"
	for _, channel := range []string{"sms", ""} {
		refused := s.Post(t, kit.RequestPath, kit.JSON{"identifier": number, "channel": channel})
		refused.Refused(t, http.StatusBadRequest, "invalid_channel")
		require.Equal(t, []any{"whatsapp", "voice"}, refused.Member("channels"), refused)
		require.Contains(t, refused.String(), "Name one of whatsapp, voice\"", "it was left out, or named, in vain")
	}
	next := s.Post(t, kit.RequestPath, kit.JSON{"identifier": number, "channel": "voice"}).Want(t, http.StatusOK)
	s.VerifyChallenge(t, next.Text("challenge_id"), s.Code(t, number)).Want(t, http.StatusOK)
	unknown := s.Post(t, kit.RequestPath, kit.JSON{"identifier": "+15551234568", "channel": "fax"})
	require.Equal(t, []any{"whatsapp", "voice", "sms"},
		unknown.Refused(t, http.StatusBadRequest, "invalid_channel").Member("channels"))
}

// A route over several channels answers with the one that carried the code.
func TestSending_theDefaultRouteOfPhones(t *testing.T) {
	t.Parallel()
	texts := fake.NewInbox()
	texts.Answer(port.SendOutcome{Result: domain.SendUnreachable})
	s := kit.Start(t, kit.OnSQLite(t),
		kit.Options{Swap: routed(sms, texts), Set: map[string]string{"phone.channels": "sms,voice"}})
	asked := s.Request(t, "+15551234567").Want(t, http.StatusOK)
	require.Equal(t, "voice", asked.Text("channel"))
	require.Equal(t, "OTP sent to phone", asked.Text("message"))
	s.VerifyChallenge(t, asked.Text("challenge_id"), s.Code(t, "+15551234567")).Want(t, http.StatusOK)
	named := s.Post(t, kit.RequestPath, kit.JSON{"identifier": "+15551234568", "channel": "sms"})
	named.Refused(t, http.StatusServiceUnavailable, "sms_send_failed")
}

// Of a provider that breaks down in the middle nothing is known, and the service
// lives on.
func TestSending_aProviderThatPanics(t *testing.T) {
	t.Parallel()
	s := kit.Start(t, kit.OnSQLite(t), kit.Options{})
	var code string
	s.Inbox.AnswerWith(func(m port.CodeMessage) port.SendOutcome {
		code = m.Code.Reveal()
		panic("cannot send " + code)
	})
	s.Request(t, "ada@example.com").Want(t, http.StatusOK)
	require.NotContains(t, s.Log.String(), "cannot send")
	s.Verify(t, "ada@example.com", code).Want(t, http.StatusOK)
}

// person is an address of their own for each i.
func person(i int) string { return "p" + strconv.Itoa(i) + "@example.com" }
