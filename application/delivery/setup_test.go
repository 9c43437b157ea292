package delivery_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

const (
	wait  = 5 * time.Second
	total = 20 * time.Second
)

// testBundle is a dispatcher with three providers, in the order in which they
// are tried: one and two for sms, three for whatsapp.
type testBundle struct {
	*delivery.Dispatcher
	route    delivery.Route
	senders  map[string]*mocks.CodeSender
	messages *mocks.Messages
	clock    *fake.Clock
	serve    func(delivery.Routes) // makes it a dispatcher of other routes

	mu       sync.Mutex
	recorded []domain.Delivery // as they last were

	refuseRecords error // what the store says, if it cannot write
	reports       []string
	refunds       int
	refund        func(context.Context) error
}

// setup makes a bundle. Its times are those of a synctest bubble, which the
// caller has to be in.
func setup(t *testing.T, change ...func(*delivery.Config)) *testBundle {
	t.Helper()
	b := &testBundle{senders: map[string]*mocks.CodeSender{}, messages: mocks.NewMessages(t), clock: fake.NewClock()}
	var list []port.ChannelSender
	for _, p := range []struct {
		provider string
		channel  domain.ChannelName
	}{{"one", domain.ChannelSMS}, {"two", domain.ChannelSMS}, {"three", domain.ChannelWhatsApp}} {
		b.senders[p.provider] = mocks.NewCodeSender(t)
		list = append(list, port.ChannelSender{
			Channel: domain.Channel{Name: p.channel, Kind: domain.KindPhone}, Provider: p.provider,
			Sender: b.senders[p.provider],
		})
	}
	routes := delivery.NewRoutes(list, []domain.ChannelName{domain.ChannelSMS, domain.ChannelWhatsApp})
	route, err := routes.Find("", domain.KindPhone)
	require.NoError(t, err)
	b.route = route

	store := mocks.NewDeliveries(t)
	store.EXPECT().Record(mock.Anything, mock.Anything).
		RunAndReturn(func(_ context.Context, batch []domain.Delivery) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.refuseRecords != nil {
				return b.refuseRecords
			}
			for _, d := range batch {
				b.keep(d)
			}
			return nil
		}).Maybe()
	outcomes := delivery.NewOutcomeLog(store, func(error) {})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		outcomes.Run(ctx)
		close(ended)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})

	config := delivery.Config{Wait: wait, Total: total, Report: func(d domain.Delivery, err error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.reports = append(b.reports, fmt.Sprintf("%s %s: %v", d.Provider, d.Result, err))
	}}
	for _, c := range change {
		c(&config)
	}
	b.serve = func(routes delivery.Routes) {
		b.Dispatcher = delivery.NewDispatcher(routes, b.messages, b.clock, &fake.Random{}, outcomes, config)
	}
	b.serve(routes)
	return b
}

// job is a message to send, with a counted send.
func (b *testBundle) job(t *testing.T) delivery.Job {
	t.Helper()
	to, err := domain.ParsePhone("+15551234567")
	require.NoError(t, err)
	return delivery.Job{
		Message: port.CodeMessage{ChallengeID: "challenge", To: to, Code: domain.NewCode("012345"), Locale: "de"},
		Route:   b.route,
		First: domain.Delivery{
			ChallengeID: "challenge", ID: "first", Channel: domain.ChannelSMS, Provider: "one", Recipient: to.Masked(),
			Status: domain.DeliveryQueued, CreatedAt: fake.Noon, UpdatedAt: fake.Noon,
		},
		Refund: func(ctx context.Context) error {
			b.mu.Lock()
			b.refunds++
			b.mu.Unlock()
			if b.refund == nil {
				return ctx.Err()
			}
			return b.refund(ctx)
		},
	}
}

// answers makes a provider answer every message.
func (b *testBundle) answers(provider string, result domain.SendResult) {
	b.does(provider, func(context.Context, port.CodeMessage) port.SendOutcome {
		return port.SendOutcome{Result: result, MessageID: "id of " + provider, Err: fmt.Errorf("cause at %s", provider)}
	})
}

func (b *testBundle) does(provider string, send func(context.Context, port.CodeMessage) port.SendOutcome) {
	b.senders[provider].EXPECT().Send(mock.Anything, mock.Anything).RunAndReturn(send)
}

// keep notes how a delivery now is.
func (b *testBundle) keep(d domain.Delivery) {
	for i := range b.recorded {
		if b.recorded[i].ID == d.ID && b.recorded[i].Status == domain.DeliveryQueued {
			b.recorded[i] = d
			return
		}
	}
	b.recorded = append(b.recorded, d)
}

// settled lets everything that is under way end and be written, and gives what
// was written, in the order of the route.
func (b *testBundle) settled(t *testing.T) []domain.Delivery {
	t.Helper()
	require.NoError(t, b.Drain(t.Context()))
	pass(time.Second)
	b.mu.Lock()
	defer b.mu.Unlock()
	recorded := slices.Clone(b.recorded)
	slices.SortStableFunc(recorded, func(x, y domain.Delivery) int { return place(x) - place(y) })
	return recorded
}

func place(d domain.Delivery) int { return slices.Index([]string{"one", "two", "three"}, d.Provider) }

// told gives what was reported, and how many sends were given back.
func (b *testBundle) told() (reports []string, refunds int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.reports), b.refunds
}

// pass lets time pass on the clock of the bubble.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
