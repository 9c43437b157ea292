package contract

import (
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/memory"
	"github.com/doorcode-auth/doorcode/application/port"
)

type limiterFunc func(action port.AddressAction, from netip.Addr) (time.Duration, bool)

func (f limiterFunc) Take(action port.AddressAction, from netip.Addr) (time.Duration, bool) {
	return f(action, from)
}

func openMemory(_ testing.TB, count int, per time.Duration, clock port.Clock) port.AddressLimiter {
	rate := memory.Rate{Count: count, Per: per}
	return memory.NewAddressLimiter(map[port.AddressAction]memory.Rate{
		port.AddressRequest: rate,
		port.AddressVerify:  rate,
	}, clock)
}

// spoiled is a good limiter behind something that spoils its takes.
func spoiled(spoil func(good port.AddressLimiter) limiterFunc) OpenAddressLimiter {
	return func(t testing.TB, count int, per time.Duration, clock port.Clock) port.AddressLimiter {
		return spoil(openMemory(t, count, per, clock))
	}
}

func TestAddressLimiter_seesWhatIsBroken(t *testing.T) {
	require.Empty(t, broken[OpenAddressLimiter](openMemory, addressLimiterPromises()))
	for promise, open := range map[string]OpenAddressLimiter{
		"Take must allow a burst of the rate's count, then refill evenly.": func(t testing.TB, count int,
			per time.Duration, clock port.Clock,
		) port.AddressLimiter {
			return openMemory(t, count+1, per, clock)
		},
		"A refused take must cost nothing and return how long to wait.": spoiled(func(good port.AddressLimiter) limiterFunc {
			return func(action port.AddressAction, from netip.Addr) (time.Duration, bool) {
				wait, ok := good.Take(action, from)
				return wait / 2, ok
			}
		}),
		"Each action must have a budget of its own.": spoiled(func(good port.AddressLimiter) limiterFunc {
			return func(_ port.AddressAction, from netip.Addr) (time.Duration, bool) {
				return good.Take(port.AddressRequest, from)
			}
		}),
		"An IPv6 address must share the budget of its /64, and a mapped IPv4 address that of the IPv4 address.": spoiled(func(good port.AddressLimiter) limiterFunc {
			return func(action port.AddressAction, from netip.Addr) (time.Duration, bool) {
				if from.Is4In6() {
					return 0, true
				}
				return good.Take(action, from)
			}
		}),
		"All clients without a known address must share one budget.": spoiled(func(good port.AddressLimiter) limiterFunc {
			return func(action port.AddressAction, from netip.Addr) (time.Duration, bool) {
				if !from.IsValid() {
					return 0, true
				}
				return good.Take(action, from)
			}
		}),
		"Parallel takes must get no more than the budget.":                           readThenWrite,
		"A clock that is set back must neither refill a budget nor lengthen a wait.": mirroredClock,
		"Its memory must be bounded, however many addresses there are.":              rememberEverybody,
	} {
		require.Contains(t, broken(open, only(t, promise, addressLimiterPromises())), promise)
	}
}

// readThenWrite looks for room and takes it in two steps.
func readThenWrite(t testing.TB, count int, per time.Duration, clock port.Clock) port.AddressLimiter {
	good := openMemory(t, count, per, clock)
	var mu sync.Mutex
	free := count
	return limiterFunc(func(action port.AddressAction, from netip.Addr) (time.Duration, bool) {
		mu.Lock()
		seen := free
		mu.Unlock()
		if seen <= 0 {
			return good.Take(action, from)
		}
		time.Sleep(time.Microsecond) // others look at the same room
		mu.Lock()
		defer mu.Unlock()
		free = seen - 1
		return 0, true
	})
}

// mirroredClock takes every movement of the clock for one forward.
func mirroredClock(t testing.TB, count int, per time.Duration, clock port.Clock) port.AddressLimiter {
	last, shown := clock.Now(), clock.Now()
	return openMemory(t, count, per, clockFunc(func() time.Time {
		now := clock.Now()
		shown, last = shown.Add(now.Sub(last).Abs()), now
		return shown
	}))
}

// rememberEverybody keeps an entry for each address that ever came.
func rememberEverybody(t testing.TB, count int, per time.Duration, clock port.Clock) port.AddressLimiter {
	good := openMemory(t, count, per, clock)
	seen := map[netip.Addr]bool{}
	return limiterFunc(func(action port.AddressAction, from netip.Addr) (time.Duration, bool) {
		if action == port.AddressRequest { // the other action is taken in parallel
			seen[from] = true
		}
		return good.Take(action, from)
	})
}
