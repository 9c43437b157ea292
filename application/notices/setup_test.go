package notices_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// No notice may leave a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var client = netip.MustParseAddr("192.0.2.7")

// testBundle is a queue that runs in a synctest bubble, with the admins, the users and
// the log behind it.
type testBundle struct {
	*notices.Queue
	stop func() // ends Run and waits for it

	mu      sync.Mutex
	notify  func(ctx context.Context, events []domain.Event) error // nil tells
	told    []domain.Event
	calls   []time.Time
	known   map[domain.Identifier]time.Time // since when
	looked  []time.Time
	away    error // of the users
	reports []string
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	b := &testBundle{known: map[domain.Identifier]time.Time{}}
	b.Queue = notices.NewQueue(notifier{b}, users{b: b}, bubbleClock{}, func(err error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.reports = append(b.reports, err.Error())
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.Run(ctx)
	}()
	b.stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	t.Cleanup(b.stop)
	return b
}

// bubbleClock is the time of the bubble.
type bubbleClock struct{}

func (bubbleClock) Now() time.Time { return time.Now().UTC() }

type notifier struct{ b *testBundle }

func (n notifier) Notify(ctx context.Context, events []domain.Event) error {
	n.b.mu.Lock()
	n.b.calls = append(n.b.calls, time.Now())
	notify := n.b.notify
	n.b.mu.Unlock()
	if notify != nil {
		if err := notify(ctx, events); err != nil {
			return err
		}
	}
	n.b.mu.Lock()
	defer n.b.mu.Unlock()
	n.b.told = append(n.b.told, slices.Clone(events)...)
	return nil
}

type users struct {
	port.Users // not there: nothing else may be asked

	b *testBundle
}

func (u users) KnownSince(_ context.Context, id domain.Identifier) (time.Time, bool, error) {
	u.b.mu.Lock()
	defer u.b.mu.Unlock()
	u.b.looked = append(u.b.looked, time.Now())
	joined, known := u.b.known[id]
	return joined, known, u.b.away
}

// does makes the admins' service answer so from now on; nil makes it work.
func (b *testBundle) does(notify func(context.Context, []domain.Event) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notify = notify
}

// hangs answers nothing for as long as it may.
func hangs(ctx context.Context, _ []domain.Event) error {
	<-ctx.Done()
	return ctx.Err()
}

func fails(err error) func(context.Context, []domain.Event) error {
	return func(context.Context, []domain.Event) error { return err }
}

var errAway = domain.ErrUnavailable.Because(errors.New("telegram is away"))

// heard is what the admins have been told so far: the name, the recipient and the
// count of each event.
func (b *testBundle) heard() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := []string{}
	for _, e := range b.told {
		list = append(list, fmt.Sprintf("%s %s %s %d", e.Name, e.Recipient, e.Requester, e.Count))
	}
	return list
}

func (b *testBundle) reported() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.reports)
}

func (b *testBundle) asks(id domain.Identifier) {
	b.Enqueue(domain.Event{Name: domain.EventLoginRequested, At: time.Now(), From: client}, id)
}

func (b *testBundle) fails(id domain.Identifier, times int) {
	for range times {
		b.CountFailure(domain.Event{Name: domain.EventRepeatedFailures, At: time.Now(), From: client}, id)
	}
}

func (b *testBundle) trouble(provider string, result domain.SendResult) {
	b.CountTrouble(domain.Event{Name: domain.EventProviderTrouble, At: time.Now(), Provider: provider, Result: result})
}

func person(t *testing.T, n int) domain.Identifier {
	t.Helper()
	id, err := domain.ParseEmail(fmt.Sprintf("p%04d@example.com", n))
	require.NoError(t, err)
	return id
}

// pass lets time pass on the clock of the bubble.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// join makes a user now.
func (b *testBundle) join(id domain.Identifier) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known[id] = time.Now()
}
