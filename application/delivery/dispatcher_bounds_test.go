package delivery_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

// hangs makes a provider hold its messages until release is closed.
func (b *testBundle) hangs(provider string, release <-chan struct{}) {
	b.does(provider, func(ctx context.Context, _ port.CodeMessage) port.SendOutcome {
		select {
		case <-release:
			return port.SendOutcome{Result: domain.SendAccepted}
		case <-ctx.Done():
			return port.SendOutcome{Result: domain.SendTimeout, Err: ctx.Err()}
		}
	})
}

func TestDispatcher_aCallerWaitsNoLongerThanItMay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		release := make(chan struct{})
		b.hangs("one", release)
		start := time.Now()
		outcome := b.Send(t.Context(), b.job(t))
		require.Equal(t, wait, time.Since(start))
		require.Equal(t, delivery.Outcome{Result: domain.SendUnknown, Channel: domain.ChannelSMS}, outcome)
		require.Empty(t, b.recorded)

		close(release)
		require.Equal(t, domain.SendAccepted, b.settled(t)[0].Result, "the outcome is recorded without a waiting request")
	})
}

func TestDispatcher_noMessageTakesLongerThanItMay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.hangs("one", nil)
		start := time.Now()
		b.Send(t.Context(), b.job(t))
		require.NoError(t, b.Drain(t.Context()))
		require.Equal(t, total, time.Since(start))
		recorded := b.settled(t)
		require.Len(t, recorded, 1, "a timeout may have been sent: no other provider is tried")
		require.Equal(t, domain.SendTimeout, recorded[0].Result)
		require.Zero(t, b.refunds)
	})
}

func TestDispatcher_allProvidersShareTheTotal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		start := time.Now()
		for _, provider := range []string{"one", "two"} {
			b.does(provider, func(ctx context.Context, _ port.CodeMessage) port.SendOutcome {
				deadline, ok := ctx.Deadline()
				require.True(t, ok)
				require.Equal(t, total, deadline.Sub(start))
				time.Sleep(total/2 + time.Second)
				return port.SendOutcome{Result: domain.SendRejected}
			})
		}
		b.Send(t.Context(), b.job(t))
		require.Len(t, b.settled(t), 2)
	})
}

// Each provider gets the remaining wait of the request.
func TestDispatcher_allProvidersShareTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		var patience []time.Duration
		for _, provider := range []string{"one", "two", "three"} {
			b.does(provider, func(_ context.Context, m port.CodeMessage) port.SendOutcome {
				patience = append(patience, m.RetryBudget)
				b.clock.Advance(3 * time.Second)
				return port.SendOutcome{Result: domain.SendRejected}
			})
		}
		b.Send(t.Context(), b.job(t))
		require.Equal(t, []time.Duration{wait, wait - 3*time.Second, 0}, patience)
		b.settled(t)
	})
}

func TestDispatcher_aCallerWhoHangsUpStopsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		ctx, hangUp := context.WithCancel(t.Context())
		b.does("one", func(ctx context.Context, _ port.CodeMessage) port.SendOutcome {
			hangUp()
			time.Sleep(time.Second)
			require.NoError(t, ctx.Err())
			return port.SendOutcome{Result: domain.SendRejected}
		})
		b.answers("two", domain.SendAccepted)
		start := time.Now()
		require.Equal(t, domain.SendUnknown, b.Send(ctx, b.job(t)).Result)
		require.Zero(t, time.Since(start))
		recorded := b.settled(t)
		require.Len(t, recorded, 2)
		require.Equal(t, domain.SendAccepted, recorded[1].Result)
	})
}

func TestDispatcher_aCallerWhoIsGoneStopsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.answers("one", domain.SendAccepted)
		ctx, hangUp := context.WithCancel(t.Context())
		hangUp()
		b.Send(ctx, b.job(t))
		require.Equal(t, domain.SendAccepted, b.settled(t)[0].Result)
	})
}

// sendMany sends n messages at once and gives their outcomes when all are told.
func (b *testBundle) sendMany(t *testing.T, n int, route delivery.Route) map[domain.SendResult]int {
	t.Helper()
	outcomes := make(chan domain.SendResult)
	for range n {
		job := b.job(t)
		job.Route = route
		go func() { outcomes <- b.Send(t.Context(), job).Result }()
	}
	count := map[domain.SendResult]int{}
	for range n {
		count[<-outcomes]++
	}
	return count
}

func TestDispatcher_sixtyFourAtOncePerSender(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.hangs("one", nil)
		start := time.Now()
		count := b.sendMany(t, 100, b.route[:1])
		require.Equal(t, wait, time.Since(start))
		require.Equal(t, map[domain.SendResult]int{domain.SendUnknown: 64, domain.SendRateLimited: 36}, count)
		b.senders["one"].AssertNumberOfCalls(t, "Send", 64)
		reports, refunds := b.told()
		require.Equal(t, 36, refunds, "a send without a token is refunded")
		require.Equal(t, "one rate_limited: sms of provider one has 64 messages in flight", reports[0])

		b.settled(t)
		require.Equal(t, map[domain.SendResult]int{domain.SendUnknown: 64}, b.sendMany(t, 64, b.route[:1]),
			"every place is free again")
		b.settled(t)
	})
}

func TestDispatcher_retryAfterOfAFullProvider(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, func(c *delivery.Config) { c.PerSender = 1 })
		b.hangs("one", nil)
		go b.Send(t.Context(), b.job(t))
		synctest.Wait()
		job := b.job(t)
		job.Route = job.Route[:1]
		start := time.Now()
		outcome := b.Send(t.Context(), job)
		require.Equal(t, 250*time.Millisecond, time.Since(start))
		require.Equal(t, domain.SendRateLimited, outcome.Result)
		require.Equal(t, time.Second, outcome.RetryAfter)
		b.settled(t)
	})
}

func TestDispatcher_aMessageWaitsAMomentForRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, func(c *delivery.Config) { c.PerSender = 1 })
		b.does("one", func(context.Context, port.CodeMessage) port.SendOutcome {
			time.Sleep(200 * time.Millisecond)
			return port.SendOutcome{Result: domain.SendAccepted}
		})
		start := time.Now()
		require.Equal(t, map[domain.SendResult]int{domain.SendAccepted: 2}, b.sendMany(t, 2, b.route[:1]))
		require.Equal(t, 400*time.Millisecond, time.Since(start))
	})
}

func TestDispatcher_aFullProviderIsPassedBy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, func(c *delivery.Config) { c.PerSender = 1 })
		release := make(chan struct{})
		b.hangs("one", release)
		b.answers("two", domain.SendAccepted)
		go b.Send(t.Context(), b.job(t))
		synctest.Wait()
		require.Equal(t, domain.SendAccepted, b.Send(t.Context(), b.job(t)).Result)
		close(release)
		require.Len(t, b.settled(t), 3)
	})
}

// A provider's channels share nothing here: while one hangs, the others send.
func TestDispatcher_aChannelThatHangsLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		whatsApp, sms := mocks.NewCodeSender(t), mocks.NewCodeSender(t)
		b := setup(t, func(c *delivery.Config) { c.PerSender = 1 })
		routes := delivery.NewRoutes([]port.ChannelSender{
			{Channel: domain.Channel{Name: domain.ChannelWhatsApp, Kind: domain.KindPhone}, Provider: "acme", Sender: whatsApp},
			{Channel: domain.Channel{Name: domain.ChannelSMS, Kind: domain.KindPhone}, Provider: "acme", Sender: sms},
		}, nil)
		b.serve(routes)
		release := make(chan struct{})
		whatsApp.EXPECT().Send(mock.Anything, mock.Anything).
			RunAndReturn(func(context.Context, port.CodeMessage) port.SendOutcome {
				<-release
				return port.SendOutcome{Result: domain.SendAccepted}
			}).Once()
		sms.EXPECT().Send(mock.Anything, mock.Anything).Return(port.SendOutcome{Result: domain.SendAccepted}).Once()
		send := func(channel domain.ChannelName) domain.SendResult {
			job := b.job(t)
			var err error
			job.Route, err = routes.Find(channel, domain.KindPhone)
			require.NoError(t, err)
			return b.Send(t.Context(), job).Result
		}
		go send(domain.ChannelWhatsApp)
		synctest.Wait()
		require.Equal(t, domain.SendAccepted, send(domain.ChannelSMS))
		require.Equal(t, domain.SendRateLimited, send(domain.ChannelWhatsApp))
		close(release)
		b.settled(t)
	})
}

func TestDispatcher_Drain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		require.NoError(t, b.Drain(t.Context()), "nothing is under way")

		release := make(chan struct{})
		b.hangs("one", release)
		go b.Send(t.Context(), b.job(t))
		synctest.Wait()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := b.Drain(short)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "messages in flight")

		drained := make(chan error)
		for range 2 {
			go func() { drained <- b.Drain(t.Context()) }()
		}
		synctest.Wait()
		go b.Send(t.Context(), b.job(t)) // more may start while Drain waits
		synctest.Wait()
		for range 2 {
			select {
			case <-drained:
				require.Fail(t, "drained with a message under way")
			default:
			}
			release <- struct{}{}
			synctest.Wait()
		}
		require.NoError(t, <-drained)
		require.NoError(t, <-drained)
		require.Len(t, b.settled(t), 2)
	})
}

// Draining and sending at the same time, for the race detector.
func TestDispatcher_drainsWhileMessagesCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.answers("one", domain.SendAccepted)
		for range 200 {
			go b.Send(t.Context(), b.job(t))
			go func() { require.NoError(t, b.Drain(context.Background())) }()
		}
		synctest.Wait()
		require.Len(t, b.settled(t), 200)
	})
}
