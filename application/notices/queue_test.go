package notices_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/domain"
)

const (
	queueSize = 256
	batchSize = 8
)

func TestQueue_deliversInOrderAndMasked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.known[person(t, 2)] = time.Now().Add(-time.Microsecond)
		b.asks(person(t, 1))
		b.asks(person(t, 2))
		b.Enqueue(domain.Event{Name: domain.EventSessionReused}, domain.Identifier{})
		pass(10 * time.Second)
		require.Equal(t, []string{
			"login_requested p0***@example.com new 0", "login_requested p0***@example.com existing 0", "session_reused   0",
		}, b.heard())
		require.Empty(t, b.reported())
	})
}

// A requester that has joined with the code before the users are read was new at the
// request, and is not at the next one.
func TestQueue_newWhoHasJoinedSince(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.asks(person(t, 1))
		b.join(person(t, 1)) // in the same microsecond
		b.asks(person(t, 2))
		pass(300 * time.Millisecond)
		b.join(person(t, 2))
		pass(time.Millisecond)
		b.asks(person(t, 2))
		pass(5 * time.Second)
		require.Equal(t, []string{
			"login_requested p0***@example.com new 0", "login_requested p0***@example.com new 0",
			"login_requested p0***@example.com existing 0",
		}, b.heard())
	})
}

// A request is answered before the users are read.
func TestQueue_readsUsersAfterTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		for n := range 40 {
			b.Enqueue(domain.Event{Name: domain.EventFirstLogin}, person(t, n)) // wakes the worker
			pass(time.Duration(n*37) * time.Millisecond)
			raised := time.Now()
			b.asks(person(t, n))
			pass(5 * time.Second)
			require.Len(t, b.looked, n+1)
			require.GreaterOrEqual(t, b.looked[n].Sub(raised), 500*time.Millisecond)
		}
		b.Enqueue(domain.Event{Name: domain.EventNewRegistration}, person(t, 1))
		pass(5 * time.Second)
		require.Len(t, b.looked, 40, "nothing else is looked up")
	})
}

func TestQueue_deliversWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.away = errors.New("the database is away")
		b.asks(person(t, 1))
		b.asks(person(t, 2))
		pass(5 * time.Second)
		require.Equal(t, []string{"login_requested p0***@example.com  0", "login_requested p0***@example.com  0"}, b.heard())
		require.Equal(t, []string{"read the user of a request: the database is away"}, b.reported())
	})
}

// A service that hangs blocks no caller; the oldest events are dropped, and their number
// is delivered.
func TestQueue_dropsTheOldest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.does(hangs)
		const all = 1000
		for n := range all {
			before := time.Now()
			b.Enqueue(domain.Event{Name: domain.EventFirstLogin, Count: n}, person(t, n))
			require.Zero(t, time.Since(before), "the caller waited")
			if n == batchSize {
				pass(20 * time.Second)
			}
		}
		pass(time.Minute)
		require.Empty(t, b.heard())
		b.does(nil)
		pass(20 * time.Minute)
		kept := b.heard()
		require.Len(t, kept, batchSize+queueSize+1)
		require.Equal(t, "first_login p0***@example.com  0", kept[0], "what is under way is the oldest")
		require.Equal(t, fmt.Sprintf("first_login p0***@example.com  %d", all-queueSize), kept[batchSize])
		dropped := all - batchSize - queueSize
		require.Equal(t, fmt.Sprintf("notices_dropped   %d", dropped), kept[len(kept)-1])
		require.Contains(t, b.reported(), fmt.Sprintf("%d events for admins were dropped, the oldest first", dropped))
		pass(time.Hour)
		require.Len(t, b.heard(), len(kept), "told twice")
	})
}

// A flood of requests for codes, which any client can make, drops no other event; events
// are delivered in the order of arrival.
func TestQueue_dropsRequestsFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.does(hangs)
		flood := func(requests int) {
			for n := range requests {
				b.asks(person(t, n))
			}
		}
		flood(batchSize)
		pass(20 * time.Second) // they are under way
		flood(300)
		b.Enqueue(domain.Event{Name: domain.EventNewRegistration}, person(t, 1))
		flood(300)
		b.trouble("acme", domain.SendUnreachable)
		flood(100)
		b.does(nil)
		pass(20 * time.Minute)
		heard := b.heard()
		require.Len(t, heard, batchSize+queueSize+1)
		waited := heard[batchSize:]
		require.Equal(t, "new_registration p0***@example.com  0", waited[0])
		require.Equal(t, "provider_trouble   0", waited[queueSize-101], "before the requests that came later")
		dropped := 700 + 2 - queueSize
		require.Equal(t, fmt.Sprintf("notices_dropped   %d", dropped), waited[queueSize])
		require.Contains(t, b.reported(), fmt.Sprintf("%d events for admins were dropped, the oldest first", dropped))
	})
}

// Where nothing but weightier notices wait, a request for a code pushes none of them out,
// and of them the oldest still make room.
func TestQueue_dropsOthersLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.does(hangs)
		for range batchSize {
			b.asks(person(t, 1))
		}
		pass(20 * time.Second) // they are under way
		b.asks(person(t, 1))
		for n := range queueSize + 3 {
			b.Enqueue(domain.Event{Name: domain.EventFirstLogin, Count: n}, person(t, n))
		}
		for range 5 {
			b.asks(person(t, 1))
		}
		b.does(nil)
		pass(20 * time.Minute)
		waited := b.heard()[batchSize:]
		require.Len(t, waited, queueSize+1)
		require.Equal(t, "first_login p0***@example.com  3", waited[0])
		require.Equal(t, fmt.Sprintf("first_login p0***@example.com  %d", queueSize+2), waited[queueSize-1])
		require.Equal(t, "notices_dropped   9", waited[queueSize])
	})
}

func TestQueue_waitsAsLongAsItIsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.does(fails(domain.ErrRateLimited.After(17 * time.Second)))
		b.asks(person(t, 1))
		pass(10 * time.Second)
		b.does(nil)
		pass(time.Minute)
		require.Len(t, b.heard(), 1)
		require.Equal(t, 17*time.Second, b.calls[1].Sub(b.calls[0]))

		b.does(fails(domain.ErrRateLimited.After(24 * time.Hour)))
		b.asks(person(t, 1))
		pass(time.Minute)
		b.does(nil)
		pass(5 * time.Minute)
		require.Len(t, b.heard(), 2, "a RetryAfter of a day is capped")
	})
}

// A service that is away is tried again, ever more seldom, and each try takes five
// seconds at most.
func TestQueue_triesAgain(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]func(context.Context, []domain.Event) error{
		"is away": fails(errAway),
		"hangs":   hangs,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t)
				b.does(trouble)
				b.asks(person(t, 1))
				pass(10 * time.Minute)
				require.Greater(t, len(b.calls), 10)
				for i, at := range b.calls[1:] {
					between := at.Sub(b.calls[i])
					require.GreaterOrEqual(t, between, min(time.Second<<i, time.Minute), "call %d", i+1)
					require.LessOrEqual(t, between, min(time.Second<<i, time.Minute)+5*time.Second, "call %d", i+1)
				}
				b.does(nil)
				pass(2 * time.Minute)
				require.Len(t, b.heard(), 1)
				b.does(fails(errAway))
				b.asks(person(t, 2))
				pass(1500 * time.Millisecond)
				b.does(nil)
				pass(time.Second)
				require.Len(t, b.heard(), 2, "once all was well the pauses are short again")
			})
		})
	}
}

// What is refused for good is dropped, and told as soon as anything can be.
func TestQueue_refused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.does(fails(domain.ErrPermissionDenied.Because(errors.New("no such chat"))))
		for n := range 20 {
			b.asks(person(t, n))
		}
		pass(time.Hour)
		require.Empty(t, b.heard())
		require.Less(t, len(b.calls), 80, "calls in an hour")
		b.does(nil)
		pass(2 * time.Minute)
		require.Equal(t, []string{"notices_dropped   20"}, b.heard())
	})
}

func TestQueue_survivesPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.does(func(context.Context, []domain.Event) error { panic("the secret token") })
		b.asks(person(t, 1))
		pass(3 * time.Second)
		b.does(nil)
		pass(time.Minute)
		require.Len(t, b.heard(), 1)
		require.NotContains(t, fmt.Sprint(b.reported()), "secret")
	})
}

func TestQueue_end(t *testing.T) {
	t.Parallel()
	t.Run("tells what is left", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := setup(t)
			b.fails(person(t, 1), 4)
			for n := range 100 {
				b.asks(person(t, n))
			}
			b.stop()
			heard := b.heard()
			require.Len(t, heard, 101)
			require.Equal(t, "repeated_failures p0***@example.com  4", heard[100])
		})
	})
	t.Run("waits two seconds at most", func(t *testing.T) {
		t.Parallel()
		for _, into := range []time.Duration{0, 700 * time.Millisecond, 3 * time.Second, 9 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				b := setup(t)
				b.does(hangs)
				for n := range 100 {
					b.asks(person(t, n))
				}
				pass(into)
				begun := time.Now()
				b.stop()
				require.LessOrEqual(t, time.Since(begun), 2*time.Second)
				require.Contains(t, b.reported(), "shutdown: 100 events were not delivered to admins")
			})
		}
	})
}

// Without a notifier, nothing is queued and nothing is read.
func TestQueue_off(t *testing.T) {
	t.Parallel()
	for _, n := range []*notices.Queue{nil, notices.NewQueue(nil, users{}, bubbleClock{}, nil)} {
		n.Enqueue(domain.Event{Name: domain.EventLoginRequested}, person(t, 1))
		n.CountFailure(domain.Event{Name: domain.EventRepeatedFailures}, person(t, 1))
		n.CountTrouble(domain.Event{Name: domain.EventProviderTrouble})
		n.Run(t.Context())
	}
}

// Raising is on the path of requests.
func TestQueue_enqueueAllocatesNothing(t *testing.T) {
	b := &testBundle{}
	n := notices.NewQueue(notifier{b}, users{b: b}, bubbleClock{}, func(error) {})
	id := person(t, 1)
	e := domain.Event{Name: domain.EventLoginRequested, At: time.Now(), From: client, Channel: domain.ChannelEmail}
	require.Zero(t, testing.AllocsPerRun(1000, func() { n.Enqueue(e, id) }))
	require.Zero(t, testing.AllocsPerRun(1000, func() { n.CountFailure(e, id) }))
	e.Name = domain.EventFirstLogin
	require.Zero(t, testing.AllocsPerRun(1000, func() { n.Enqueue(e, id) }))
}

func BenchmarkQueue_Enqueue(b *testing.B) {
	bundle := &testBundle{}
	n := notices.NewQueue(notifier{bundle}, users{b: bundle}, bubbleClock{}, func(error) {})
	id, err := domain.ParseEmail("ada@example.com")
	require.NoError(b, err)
	e := domain.Event{Name: domain.EventLoginRequested, At: time.Now(), From: client, Channel: domain.ChannelEmail}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n.Enqueue(e, id)
		}
	})
}
