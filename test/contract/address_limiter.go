package contract

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// OpenAddressLimiter makes a limiter that allows count takes in per, of each
// action and each address, by the given clock.
type OpenAddressLimiter func(t testing.TB, count int, per time.Duration, clock port.Clock) port.AddressLimiter

// AddressLimiter proves the contract of port.AddressLimiter.
func AddressLimiter(t *testing.T, open OpenAddressLimiter) {
	t.Helper()
	prove(t, open, addressLimiterPromises())
}

func addressLimiterPromises() []promise[OpenAddressLimiter] {
	return []promise[OpenAddressLimiter]{
		{"Take must allow a burst of the rate's count, then refill evenly.", burstThenRefill},
		{"A refused take must cost nothing and return how long to wait.", refusedTakeIsFree},
		{"Each action must have a budget of its own.", budgetsOfActions},
		{
			"An IPv6 address must share the budget of its /64, and a mapped IPv4 address that of the IPv4 address.",
			budgetsOfNetworks,
		},
		{"All clients without a known address must share one budget.", budgetOfTheUnknown},
		{"Parallel takes must get no more than the budget.", takesInParallel},
		{"A clock that is set back must neither refill a budget nor lengthen a wait.", clockSetBack},
		{"Its memory must be bounded, however many addresses there are.", limiterMemory},
	}
}

var someAddress = netip.MustParseAddr("192.0.2.1")

// taken counts how many takes in a row are allowed.
func taken(l port.AddressLimiter, from netip.Addr) (n int) {
	for n < 1000 {
		if _, ok := l.Take(port.AddressRequest, from); !ok {
			return n
		}
		n++
	}
	return n
}

func burstThenRefill(t testing.TB, open OpenAddressLimiter) {
	for _, rate := range []struct {
		count int
		per   time.Duration
	}{{1, time.Second}, {7, time.Minute}, {20, time.Minute}, {60, time.Hour}} {
		clock := fake.NewClock()
		l := open(t, rate.count, rate.per, clock)
		require.Equal(t, rate.count, taken(l, someAddress), "at once, of %d in %s", rate.count, rate.per)
		for n := time.Duration(1); n <= 3; n++ {
			due := fake.Noon.Add(n * rate.per / time.Duration(rate.count))
			clock.Set(due.Add(-time.Microsecond))
			require.Zero(t, taken(l, someAddress), "too soon, of %d in %s", rate.count, rate.per)
			clock.Set(due.Add(n * time.Microsecond)) // an interval may be rounded up
			require.Equal(t, 1, taken(l, someAddress), "when it was time, of %d in %s", rate.count, rate.per)
		}
		clock.Advance(10 * rate.per)
		require.Equal(t, rate.count, taken(l, someAddress), "after a long time, of %d in %s", rate.count, rate.per)
	}
}

func refusedTakeIsFree(t testing.TB, open OpenAddressLimiter) {
	clock := fake.NewClock()
	l := open(t, 7, time.Minute, clock)
	taken(l, someAddress)
	var wait time.Duration
	for range 1000 {
		var ok bool
		wait, ok = l.Take(port.AddressRequest, someAddress)
		require.False(t, ok)
	}
	require.InDelta(t, time.Minute/7, wait, float64(10*time.Microsecond), "the wait told after refused takes")
	clock.Advance(wait - time.Microsecond)
	require.Zero(t, taken(l, someAddress), "before the time that was told")
	clock.Advance(time.Microsecond)
	require.Equal(t, 1, taken(l, someAddress), "after the time that was told")
}

func budgetsOfActions(t testing.TB, open OpenAddressLimiter) {
	l := open(t, 3, time.Minute, fake.NewClock())
	require.Equal(t, 3, taken(l, someAddress))
	for range 3 {
		_, ok := l.Take(port.AddressVerify, someAddress)
		require.True(t, ok, "another action was spent too")
	}
	_, ok := l.Take(port.AddressVerify, someAddress)
	require.False(t, ok)
}

func budgetsOfNetworks(t testing.TB, open OpenAddressLimiter) {
	for _, pair := range []struct {
		a, b string
		one  bool
	}{
		{"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
		{"2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::192.0.2.1", false},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
		{"0.0.0.0", "::", false},
	} {
		l := open(t, 1, time.Minute, fake.NewClock())
		require.Equal(t, 1, taken(l, netip.MustParseAddr(pair.a)))
		require.Equal(t, pair.one, taken(l, netip.MustParseAddr(pair.b)) == 0, "%s and %s share a budget", pair.a, pair.b)
	}
}

func budgetOfTheUnknown(t testing.TB, open OpenAddressLimiter) {
	l := open(t, 2, time.Minute, fake.NewClock())
	require.Equal(t, 2, taken(l, netip.Addr{}))
	require.Zero(t, taken(l, netip.Addr{}))
	for _, known := range []string{"0.0.0.0", "::", "192.0.2.1"} {
		require.Equal(t, 2, taken(l, netip.MustParseAddr(known)), "%s is known", known)
	}
}

func takesInParallel(t testing.TB, open OpenAddressLimiter) {
	const workers, count = 64, 20_000
	l := open(t, count, time.Hour, fake.NewClock())
	var (
		allowed atomic.Int64
		all     sync.WaitGroup
	)
	for range workers {
		all.Go(func() {
			for range count / 8 { // eight times too many in all
				if _, ok := l.Take(port.AddressVerify, someAddress); ok {
					allowed.Add(1)
				}
			}
		})
	}
	all.Wait()
	require.EqualValues(t, count, allowed.Load(), "allowed of %d parallel takes", workers*count/8)
}

func clockSetBack(t testing.TB, open OpenAddressLimiter) {
	clock := fake.NewClock()
	l := open(t, 6, time.Minute, clock)
	taken(l, someAddress)
	clock.Advance(5 * time.Second)
	clock.Advance(-24 * time.Hour)
	wait, ok := l.Take(port.AddressRequest, someAddress)
	require.False(t, ok, "the budget was filled")
	require.LessOrEqual(t, wait, 10*time.Second)
	clock.Advance(wait)
	require.Equal(t, 1, taken(l, someAddress), "time goes on from there")

	other := netip.MustParseAddr("192.0.2.2")
	_, _ = l.Take(port.AddressRequest, other)
	clock.Advance(-time.Hour)
	require.Equal(t, 5, taken(l, other), "what is left of a budget stays")
}

// limiterMemory compares the heap after many addresses with the heap after many
// more, so that it does not matter how much the bound is.
func limiterMemory(t testing.TB, open OpenAddressLimiter) {
	const first, more, perAddress = 100_000, 200_000, 8
	l := open(t, 20, time.Minute, fake.NewClock())
	fill := func(from, to uint64) uint64 {
		for i := from; i < to; i++ {
			six := [16]byte{0: 0x20, 1: 0x01}
			binary.BigEndian.PutUint64(six[:], 0x2001_0db8_0000_0000+i)
			_, _ = l.Take(port.AddressRequest, netip.AddrFrom16(six))
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := fill(0, first)
	after := fill(first, first+more)
	require.Less(t, after, before+more*perAddress, "bytes in use after %d addresses were %d", first, before)
	runtime.KeepAlive(l)
}
