package memory

import (
	"container/heap"
	"encoding/binary"
	"net/netip"
	"sync"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

// Rate is the refill rate of a token bucket: Count tokens in Per. Count is also the
// burst. A rate without Count or Per means no limit.
type Rate struct {
	Count int
	Per   time.Duration
}

// maxBuckets limits the buckets of one action: about 8 MB. Full buckets are dropped, so
// that the limit is reached only by that many networks in a few seconds.
const maxBuckets = 1 << 16

// AddressLimiter has a token bucket for each network and action. It is safe for
// concurrent use.
type AddressLimiter struct {
	clock   port.Clock
	buckets map[port.AddressAction]*buckets
}

// NewAddressLimiter returns a limiter with the rates of actions. An action without a rate
// is not limited.
func NewAddressLimiter(rates map[port.AddressAction]Rate, clock port.Clock) *AddressLimiter {
	l := &AddressLimiter{clock: clock, buckets: map[port.AddressAction]*buckets{}}
	for action, rate := range rates {
		if rate.Count > 0 && rate.Per > 0 {
			l.buckets[action] = newBuckets(rate)
		}
	}
	return l
}

// Take takes a token from the bucket of an address and an action. If it is empty, wait
// is the time until the next token.
func (l *AddressLimiter) Take(action port.AddressAction, from netip.Addr) (wait time.Duration, ok bool) {
	b := l.buckets[action]
	if b == nil {
		return 0, true
	}
	return b.take(networkOf(from), l.clock)
}

// network is the key of a bucket: an IPv4 address, an IPv6 /64, or the zero value for
// unknown addresses. An IPv6 customer has at least a /64.
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

// buckets are the token buckets of one action (GCRA: a bucket is the time at which it is
// full again). Full buckets are dropped.
//
// Above maxBuckets, the bucket that is full first is evicted. So an attacker with an
// empty bucket does not get a full one by requests from many other networks: theirs are
// evicted first.
type buckets struct {
	interval time.Duration // per token
	burst    time.Duration // capacity

	mu        sync.Mutex
	seen      time.Time     // last reading of the clock
	now       time.Duration // sum of the forward steps of the clock
	byNetwork map[network]*bucket
	queue     queue
}

type bucket struct {
	network network
	fullAt  time.Duration
	index   int // in the queue
}

// newBuckets rounds the interval up to the resolution of the clock, so that a reported
// wait is long enough.
func newBuckets(rate Rate) *buckets {
	interval := rate.Per / time.Duration(rate.Count)
	if cut := interval.Truncate(time.Microsecond); cut < interval || interval == 0 {
		interval = cut + time.Microsecond
	}
	return &buckets{
		interval: interval, burst: interval * time.Duration(rate.Count), byNetwork: map[network]*bucket{},
	}
}

func (b *buckets) take(from network, clock port.Clock) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance(clock.Now()) // under the lock, so that readings are in order
	b.dropFull()
	fullAt, known := b.now, b.byNetwork[from]
	if known != nil {
		fullAt = max(fullAt, known.fullAt)
	}
	fullAt += b.interval
	if wait := fullAt - b.burst - b.now; wait > 0 {
		return wait, false
	}
	if known != nil {
		known.fullAt = fullAt
		heap.Fix(&b.queue, known.index)
		return 0, true
	}
	if len(b.queue) >= maxBuckets {
		b.dropFirst()
	}
	added := &bucket{network: from, fullAt: fullAt}
	b.byNetwork[from] = added
	heap.Push(&b.queue, added)
	return 0, true
}

// advance follows the clock, but not backwards: no time passes when the clock is set
// back.
func (b *buckets) advance(now time.Time) {
	if step := now.Sub(b.seen); step > 0 && !b.seen.IsZero() {
		b.now += step
	}
	b.seen = now
}

// dropFull drops at most two full buckets: one more than a take adds, so that their
// number falls after a burst.
func (b *buckets) dropFull() {
	for range 2 {
		if len(b.queue) > 0 && b.queue[0].fullAt <= b.now {
			b.dropFirst()
		}
	}
}

func (b *buckets) dropFirst() { delete(b.byNetwork, heap.Pop(&b.queue).(*bucket).network) }

// queue is a heap.Interface of buckets; the first one is full first.
type queue []*bucket

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].fullAt < q[j].fullAt }

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q *queue) Push(x any) {
	b := x.(*bucket)
	b.index = len(*q)
	*q = append(*q, b)
}

func (q *queue) Pop() any {
	last := len(*q) - 1
	b := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return b
}
