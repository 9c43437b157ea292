package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

func TestDispatcher_sendsViaTheFirstProvider(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		job := b.job(t)
		b.messages.EXPECT().ComposeCode(mock.MatchedBy(func(m port.CodeMessage) bool {
			return m.Channel == domain.ChannelSMS && m.Code.Equal("012345") && m.DeliveryID == "first"
		})).Return(port.MessageText{Body: "Your code is 012345"}, nil)
		b.does("one", func(_ context.Context, m port.CodeMessage) port.SendOutcome {
			text, err := m.Compose()
			require.NoError(t, err)
			require.Equal(t, "Your code is 012345", text.Body)
			require.Equal(t, job.Message.To, m.To)
			require.Equal(t, job.Message.ChallengeID, m.ChallengeID)
			require.Equal(t, "de", m.Locale)
			require.Equal(t, "first", m.DeliveryID, "the id that is stored")
			require.Equal(t, domain.ChannelSMS, m.Channel)
			require.True(t, m.Code.Equal("012345"))
			return port.SendOutcome{Result: domain.SendAccepted, MessageID: "SM1"}
		})
		start := time.Now()
		require.Equal(t, delivery.Outcome{Result: domain.SendAccepted, Channel: domain.ChannelSMS}, b.Send(t.Context(), job))
		require.Zero(t, time.Since(start), "the request waits no longer than the provider takes")

		want := job.First
		want.Result, want.Status, want.MessageID = domain.SendAccepted, domain.DeliverySent, "SM1"
		require.Equal(t, []domain.Delivery{want}, b.settled(t))
		require.Empty(t, b.reports)
		require.Zero(t, b.refunds)
	})
}

// Every result of the first provider: what the caller is told, what is stored,
// whether the next provider is tried and whether the send is given back.
func TestDispatcher_results(t *testing.T) {
	t.Parallel()
	for result, want := range map[domain.SendResult]struct {
		told   domain.SendResult
		status domain.DeliveryStatus
		next   bool // the next providers are tried
		refund bool // the send is given back if they refuse for a reason of ours
	}{
		domain.SendAccepted:             {domain.SendAccepted, domain.DeliverySent, false, false},
		domain.SendTest:                 {domain.SendTest, domain.DeliveryTest, false, false},
		domain.SendTimeout:              {domain.SendTimeout, domain.DeliveryUnknown, false, false},
		domain.SendUnknown:              {domain.SendUnknown, domain.DeliveryUnknown, false, false},
		"":                              {domain.SendUnknown, domain.DeliveryUnknown, false, false},
		"delivered":                     {domain.SendUnknown, domain.DeliveryUnknown, false, false}, // no result of sending
		domain.SendInvalidRecipient:     {domain.SendInvalidRecipient, domain.DeliveryFailed, true, false},
		domain.SendNotOnChannel:         {domain.SendNotOnChannel, domain.DeliveryFailed, true, false},
		domain.SendRejected:             {domain.SendRejected, domain.DeliveryFailed, true, false},
		domain.SendUnsupported:          {domain.SendUnsupported, domain.DeliveryFailed, true, true},
		domain.SendRateLimited:          {domain.SendRateLimited, domain.DeliveryFailed, true, true},
		domain.SendAuthenticationFailed: {domain.SendAuthenticationFailed, domain.DeliveryFailed, true, true},
		domain.SendUnreachable:          {domain.SendUnreachable, domain.DeliveryFailed, true, true},
	} {
		t.Run(fmt.Sprintf("%q is told as %q", result, want.told), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t)
				b.answers("one", result)
				if want.next {
					b.answers("two", domain.SendUnreachable)
					b.answers("three", domain.SendUnreachable)
				}
				outcome := b.Send(t.Context(), b.job(t))
				recorded := b.settled(t)
				require.Equal(t, want.told, recorded[0].Result)
				require.Equal(t, want.status, recorded[0].Status)
				require.Equal(t, want.refund, b.refunds == 1, "given back %d times", b.refunds)
				if !want.next {
					require.Equal(t, want.told, outcome.Result)
					require.EqualError(t, outcome.Err, "cause at one")
					require.Len(t, recorded, 1)
					return
				}
				require.Equal(t, domain.SendUnreachable, outcome.Result)
				require.Len(t, recorded, 3)
			})
		})
	}
}

func TestDispatcher_fallsBackInOrderWithTheSameCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		var order []string
		for provider, result := range map[string]domain.SendResult{
			"one": domain.SendRejected, "two": domain.SendAuthenticationFailed, "three": domain.SendAccepted,
		} {
			b.does(provider, func(_ context.Context, m port.CodeMessage) port.SendOutcome {
				require.True(t, m.Code.Equal("012345"))
				order = append(order, provider+" by "+string(m.Channel)+" as "+m.DeliveryID)
				return port.SendOutcome{Result: result}
			})
		}
		outcome := b.Send(t.Context(), b.job(t))
		require.Equal(t, delivery.Outcome{Result: domain.SendAccepted, Channel: domain.ChannelWhatsApp}, outcome)

		recorded := b.settled(t)
		require.Len(t, recorded, 3)
		for i, want := range []struct {
			provider string
			channel  domain.ChannelName
			status   domain.DeliveryStatus
		}{
			{"one", domain.ChannelSMS, domain.DeliveryFailed},
			{"two", domain.ChannelSMS, domain.DeliveryFailed},
			{"three", domain.ChannelWhatsApp, domain.DeliverySent},
		} {
			got := recorded[i]
			require.Equal(t, want.provider, got.Provider)
			require.Equal(t, want.channel, got.Channel)
			require.Equal(t, want.status, got.Status)
			require.Equal(t, domain.ChallengeID("challenge"), got.ChallengeID)
			require.Equal(t, "***4567", got.Recipient)
			require.Equal(t, want.provider+" by "+string(want.channel)+" as "+got.ID, order[i])
		}
		require.NotEqual(t, recorded[1].ID, recorded[2].ID, "each delivery has an id of its own")
		require.NotEqual(t, "first", recorded[1].ID)
		require.Equal(t, []string{"one rejected: <nil>", "two authentication_failed: <nil>"}, b.reports)
		require.Zero(t, b.refunds, "what was sent costs")
	})
}

// A code that may have travelled by a channel must be known to have.
func TestDispatcher_storesWhatItIsAboutToTry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.answers("one", domain.SendUnreachable)
		b.does("two", func(_ context.Context, m port.CodeMessage) port.SendOutcome {
			b.mu.Lock()
			defer b.mu.Unlock()
			last := b.recorded[len(b.recorded)-1]
			require.Equal(t, m.DeliveryID, last.ID)
			require.Equal(t, domain.DeliveryQueued, last.Status)
			return port.SendOutcome{Result: domain.SendAccepted}
		})
		b.Send(t.Context(), b.job(t))
		recorded := b.settled(t)
		require.Equal(t, domain.DeliverySent, recorded[1].Status)
	})
}

func TestDispatcher_triesNothingThatCannotBeStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.refuseRecords = errors.New("the store is away")
		b.answers("one", domain.SendUnreachable)
		outcome := b.Send(t.Context(), b.job(t))
		require.Equal(t, domain.SendUnreachable, outcome.Result)
		require.Equal(t, domain.ChannelSMS, outcome.Channel)
		require.NoError(t, b.Drain(t.Context()))
		reports, refunds := b.told()
		require.Contains(t, reports, "two : not tried: the store is away")
		require.Equal(t, 1, refunds)
	})
}

func TestDispatcher_theLastProvidersAnswerCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.answers("one", domain.SendUnreachable)
		b.answers("two", domain.SendRejected)
		b.does("three", func(context.Context, port.CodeMessage) port.SendOutcome {
			return port.SendOutcome{Result: domain.SendRateLimited, RetryAfter: 7 * time.Second, Err: errors.New("slow down")}
		})
		outcome := b.Send(t.Context(), b.job(t))
		require.Equal(t, domain.SendRateLimited, outcome.Result)
		require.Equal(t, domain.ChannelWhatsApp, outcome.Channel)
		require.Equal(t, 7*time.Second, outcome.RetryAfter)
		require.EqualError(t, outcome.Err, "slow down")
		require.Zero(t, b.refunds, "one of them refused for the message's sake")
	})
}

func TestDispatcher_refundsServiceFaultsOnly(t *testing.T) {
	t.Parallel()
	for _, result := range []domain.SendResult{
		domain.SendUnsupported, domain.SendRejected, domain.SendInvalidRecipient,
		domain.SendNotOnChannel,
	} {
		synctest.Test(t, func(t *testing.T) {
			b := setup(t)
			b.answers("one", domain.SendUnreachable)
			b.answers("two", result)
			job := b.job(t)
			job.Route = job.Route[:2]
			require.Equal(t, result, b.Send(t.Context(), job).Result)
			require.Zero(t, b.refunds, "the last was %s", result)
		})
	}
}

func TestDispatcher_refundsBeforeItAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.refund = func(ctx context.Context) error {
			time.Sleep(time.Second)
			return ctx.Err()
		}
		job := b.job(t)
		job.Route = job.Route[:1]
		b.answers("one", domain.SendUnreachable)
		start := time.Now()
		require.Equal(t, domain.SendUnreachable, b.Send(t.Context(), job).Result)
		require.Equal(t, time.Second, time.Since(start), "the retry is allowed")
		require.Equal(t, []string{"one unreachable: cause at one"}, b.reports)
	})
}

func TestDispatcher_refundsAfterTheTotal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.does("one", func(ctx context.Context, _ port.CodeMessage) port.SendOutcome {
			<-ctx.Done() // no connection until the very end
			return port.SendOutcome{Result: domain.SendUnreachable, Err: ctx.Err()}
		})
		start := time.Now()
		require.Equal(t, domain.SendUnknown, b.Send(t.Context(), b.job(t)).Result)
		require.Equal(t, wait, time.Since(start))

		recorded := b.settled(t)
		require.Len(t, recorded, 1, "no time is left for another provider")
		require.Equal(t, domain.SendUnreachable, recorded[0].Result)
		require.Equal(t, 1, b.refunds)
		require.Equal(t, []string{"one unreachable: context deadline exceeded"}, b.reports, "and giving back has worked")
	})
}

func TestDispatcher_reportsFailedRefunds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.refund = func(ctx context.Context) error { // the store hangs
			<-ctx.Done()
			return ctx.Err()
		}
		job := b.job(t)
		job.Route = job.Route[:1]
		b.answers("one", domain.SendUnreachable)
		require.Equal(t, domain.SendUnknown, b.Send(t.Context(), job).Result)
		b.settled(t)
		require.Equal(t, []string{"one unreachable: cause at one", "one : refund a send: context deadline exceeded"},
			b.reports)
	})
}

func TestDispatcher_sendsWhatCostsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		job := b.job(t)
		job.Refund, job.Route = nil, job.Route[:1]
		b.answers("one", domain.SendUnreachable)
		require.Equal(t, domain.SendUnreachable, b.Send(t.Context(), job).Result)
	})
}

func TestDispatcher_aSenderThatPanicsIsUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, func(c *delivery.Config) { c.PerSender = 1 })
		b.does("one", func(_ context.Context,
			m port.CodeMessage,
		) port.SendOutcome {
			panic("cannot send " + m.Code.Reveal())
		})
		for range 2 { // the panic gives its place back
			outcome := b.Send(t.Context(), b.job(t))
			require.Equal(t, domain.SendUnknown, outcome.Result)
			require.EqualError(t, outcome.Err, "provider one panicked", "and not with what")
		}
		require.Equal(t, []string{"one unknown: provider one panicked", "one unknown: provider one panicked"}, b.reports)
		require.Zero(t, b.refunds)
	})
}

func TestDispatcher_keepsOnlyNamesThatStoresCanKeep(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"SM0123": "SM0123", "Nachricht-ü": "Nachricht-ü", strings.Repeat("m", 255): strings.Repeat("m", 255),
		strings.Repeat("m", 256): "", "a\x00b": "", "a\xffb": "", "": "",
	} {
		synctest.Test(t, func(t *testing.T) {
			b := setup(t)
			b.does("one", func(context.Context, port.CodeMessage) port.SendOutcome {
				return port.SendOutcome{Result: domain.SendAccepted, MessageID: name}
			})
			b.Send(t.Context(), b.job(t))
			require.Equal(t, want, b.settled(t)[0].MessageID, "%.20q", name)
		})
	}
}

func TestDispatcher_reportsNothingByDefault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, func(c *delivery.Config) { c.Report = nil })
		b.answers("one", domain.SendUnknown)
		require.Equal(t, domain.SendUnknown, b.Send(t.Context(), b.job(t)).Result)
		require.Equal(t, fake.Noon, b.settled(t)[0].UpdatedAt)
	})
}
