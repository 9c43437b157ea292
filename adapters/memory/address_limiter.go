package memory

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

// Rate is so many takes in so much time: that many at once, then one after the
// other, evenly. A rate without a count or without a time is off.
type Rate struct {
	Count int
	Per   time.Duration
}

// maxBuckets bounds the networks that one action remembers: about 8 MB. A network
// is forgotten as soon as its budget is full again, so it takes that many in a few
// seconds to get there.
const maxBuckets = 1 << 16

// AddressLimiter gives every network a token bucket for each action. It is safe
// for concurrent use.
type AddressLimiter struct {
	clock   port.Clock
	buckets map[port.AddressAction]*buckets
}

// NewAddressLimiter makes a limiter with the rates of the actions. An action
// without a rate is not limited.
func NewAddressLimiter(rates map[port.AddressAction]Rate, clock port.Clock) *AddressLimiter {
	l := &AddressLimiter{clock: clock, buckets: map[port.AddressAction]*buckets{}}
	for action, rate := range rates {
		if rate.Count > 0 && rate.Per > 0 {
			l.buckets[action] = newBuckets(rate)
		}
	}
	return l
}

// Take takes one from the budget that an address has for an action. Without
// budget it takes nothing and tells after which time there will be one.
func (l *AddressLimiter) Take(action port.AddressAction, from netip.Addr) (wait time.Duration, ok bool) {
	b := l.buckets[action]
	if b == nil {
		return 0, true
	}
	return b.take(networkOf(from), l.clock)
}

// network is who shares a budget: an IPv4 address, an IPv6 /64, or all whose
// address is unknown. A customer of IPv6 has at least a /64, so its last 64 bits
// tell nobody apart.
type network struct {
	bits   uint64
	family byte // 0, 4 or 6
}

func networkOf(a netip.Addr) network {
	switch a = a.Unmap(); {
	case a.Is4():
		four := a.As4()
		return network{bits: uint64(binary.BigEndian.Uint32(four[:])), family: 4}
	case a.Is6():
		six := a.As16()
		return network{bits: binary.BigEndian.Uint64(six[:8]), family: 6}
	default:
		return network{}
	}
}

// buckets are the token buckets of one action. A bucket is one number: when it
// will be full again (GCRA). One that is full is not kept, for it says nothing.
//
// Where there are too many, the one that will be full first is forgotten: what is
// lost with it is least, and whoever has used up a budget cannot get it back by
// coming from many other networks, for these go first.
type buckets struct {
	interval time.Duration // between two takes, once the burst is over
	burst    time.Duration // that a full bucket holds

	mu     sync.Mutex
	seen   time.Time     // the last reading of the clock
	now    time.Duration // the steps forward that the clock has made, added up
	byNet  map[network]*bucket
	sooner queue
}

type bucket struct {
	network network
	fullAt  time.Duration
	place   int // in the queue
}

// newBuckets rounds the interval up to what a clock can show, so that a wait that
// was told is long enough.
func newBuckets(rate Rate) *buckets {
	interval := rate.Per / time.Duration(rate.Count)
	if cut := interval.Truncate(time.Microsecond); cut < interval || interval == 0 {
		interval = cut + time.Microsecond
	}
	return &buckets{
		interval: interval,
		burst:    interval * time.Duration(rate.Count),
		byNet:    map[network]*bucket{},
	}
}

func (b *buckets) take(from network, clock port.Clock) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance(clock.Now()) // read under the lock, so that readings come in order
	b.forgetFull()
	fullAt, known := b.now, b.byNet[from]
	if known != nil {
		fullAt = max(fullAt, known.fullAt)
	}
	fullAt += b.interval
	if wait := fullAt - b.burst - b.now; wait > 0 {
		return wait, false
	}
	if known == nil {
		known = b.add(from)
	}
	known.fullAt = fullAt
	b.sooner.settle(known)
	return 0, true
}

// advance follows the clock, but not back: when somebody corrects it, no time has
// passed, and time goes on from there.
func (b *buckets) advance(now time.Time) {
	if step := now.Sub(b.seen); step > 0 && !b.seen.IsZero() {
		b.now += step
	}
	b.seen = now
}

// forgetFull drops buckets that are full again: two for each that a take may add,
// so that what a rush leaves behind goes away while it is quiet.
func (b *buckets) forgetFull() {
	for range 2 {
		if len(b.sooner) > 0 && b.sooner[0].fullAt <= b.now {
			b.forgetFirst()
		}
	}
}

func (b *buckets) forgetFirst() { delete(b.byNet, b.sooner.removeFirst().network) }

func (b *buckets) add(from network) *bucket {
	if len(b.sooner) >= maxBuckets {
		b.forgetFirst()
	}
	fresh := &bucket{network: from}
	b.byNet[from] = fresh
	b.sooner.add(fresh)
	return fresh
}
