package memory

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/fake"
)

func TestAddressLimiter_contract(t *testing.T) {
	contract.AddressLimiter(t, func(_ testing.TB, count int, per time.Duration, clock port.Clock) port.AddressLimiter {
		rate := Rate{Count: count, Per: per}
		return NewAddressLimiter(map[port.AddressAction]Rate{port.AddressRequest: rate, port.AddressVerify: rate}, clock)
	})
}

func TestAddressLimiter_off(t *testing.T) {
	t.Parallel()
	for name, rates := range map[string]map[port.AddressAction]Rate{
		"no rates":      nil,
		"the zero rate": {port.AddressRequest: {}},
		"no count":      {port.AddressRequest: {Per: time.Minute}},
		"no time":       {port.AddressRequest: {Count: 3}},
		"another's":     {port.AddressVerify: {Count: 1, Per: time.Hour}},
	} {
		l := NewAddressLimiter(rates, fake.NewClock())
		for range 1000 {
			wait, ok := l.Take(port.AddressRequest, nthAddress(1))
			require.True(t, ok, name)
			require.Zero(t, wait, name)
		}
	}
}

// A rate beyond the resolution of the clock is limited to it.
func TestAddressLimiter_fasterThanTheClock(t *testing.T) {
	t.Parallel()
	clock := fake.NewClock()
	l := NewAddressLimiter(map[port.AddressAction]Rate{port.AddressRequest: {Count: 10, Per: time.Nanosecond}}, clock)
	for range 10 {
		_, ok := l.Take(port.AddressRequest, nthAddress(1))
		require.True(t, ok)
	}
	wait, ok := l.Take(port.AddressRequest, nthAddress(1))
	require.False(t, ok)
	require.Equal(t, time.Microsecond, wait)
}

func TestAddressLimiter_manyNetworks(t *testing.T) {
	t.Parallel()
	clock := fake.NewClock()
	l := NewAddressLimiter(map[port.AddressAction]Rate{port.AddressRequest: {Count: 3, Per: time.Minute}}, clock)
	attacker := nthAddress(0)
	for range 3 {
		_, ok := l.Take(port.AddressRequest, attacker)
		require.True(t, ok)
	}
	for i := range uint64(3 * maxBuckets) {
		_, ok := l.Take(port.AddressRequest, nthAddress(1+i))
		require.True(t, ok, "network %d is new", i)
	}
	require.Len(t, l.buckets[port.AddressRequest].byNetwork, maxBuckets)
	require.Len(t, l.buckets[port.AddressRequest].queue, maxBuckets)
	_, ok := l.Take(port.AddressRequest, attacker)
	require.False(t, ok, "coming from %d other networks gave a budget back", 3*maxBuckets)

	clock.Advance(time.Minute)
	for range maxBuckets {
		_, _ = l.Take(port.AddressRequest, attacker)
	}
	require.Len(t, l.buckets[port.AddressRequest].byNetwork, 1, "full buckets are dropped")
}

// The buckets agree with a simple model of tokens, and the queue stays a heap,
// whatever is taken and however the clock moves.
func TestBuckets_likeAnAccount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 5).Draw(t, "count")
		b := newBuckets(Rate{Count: count, Per: time.Duration(count) * time.Second})
		clock := fake.NewClock()
		tokens, elapsed := map[network]float64{}, map[network]time.Duration{}
		now := time.Duration(0)
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			step := time.Duration(rapid.IntRange(-3, 3).Draw(t, "step")) * time.Second / 2
			clock.Advance(step)
			now += max(step, 0)
			from := network{bits: rapid.Uint64Range(0, 9).Draw(t, "network"), family: 4}

			left, known := tokens[from]
			if !known {
				left = float64(count)
			}
			left = min(float64(count), left+(now-elapsed[from]).Seconds())
			wait, ok := b.take(from, clock)
			if ok != (left >= 1) {
				t.Fatalf("take of %v with %v tokens: %v, wait %s", from, left, ok, wait)
			}
			if ok {
				left--
			} else if want := time.Duration((1 - left) * float64(time.Second)); wait != want {
				t.Fatalf("wait with %v tokens: %s, want %s", left, wait, want)
			}
			tokens[from], elapsed[from] = left, now
			checkQueue(t, b)
		}
	})
}

func checkQueue(t *rapid.T, b *buckets) {
	if len(b.byNetwork) != len(b.queue) {
		t.Fatalf("%d networks, but %d in the queue", len(b.byNetwork), len(b.queue))
	}
	for i, one := range b.queue {
		if one.index != i || b.byNetwork[one.network] != one {
			t.Fatalf("bucket %d of the queue has the index %d", i, one.index)
		}
		if parent := b.queue[(i-1)/2*min(i, 1)]; parent.fullAt > one.fullAt {
			t.Fatalf("bucket %d is before its parent", i)
		}
	}
}

func nthAddress(n uint64) netip.Addr {
	var six [16]byte
	binary.BigEndian.PutUint64(six[:], 0x2001_0db8_0000_0000+n)
	return netip.AddrFrom16(six)
}

type machineClock struct{}

func (machineClock) Now() time.Time { return time.Now() }

// BenchmarkAddressLimiter takes from 64 goroutines, out of few networks and out
// of more than are remembered.
func BenchmarkAddressLimiter(b *testing.B) {
	for name, networks := range map[string]uint64{"one": 1, "thousand": 1000, "million": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			rate := Rate{Count: 20, Per: time.Minute}
			l := NewAddressLimiter(map[port.AddressAction]Rate{port.AddressRequest: rate}, machineClock{})
			var next atomic.Uint64
			b.SetParallelism(32)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				at := next.Add(1) * 1_000_003
				for pb.Next() {
					at += 7919
					_, _ = l.Take(port.AddressRequest, nthAddress(at%networks))
				}
			})
		})
	}
}
