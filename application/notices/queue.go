// Package notices notifies the admins of what has happened. It owns the queue between
// the use cases and port.AdminNotifier, the aggregation of bursts into one event, and
// the choice of what is dropped when the queue is full.
//
// It does not know the service by which admins are notified, nor the text of a
// message: that is the adapter's. No event is stored, and no request waits for one.
//
//	use cases ──Enqueue, CountFailure──▶ backlog, bursts ──one worker──▶ port.AdminNotifier
//	                                     in memory,         reads users,
//	                                     bounded            backs off, retries
package notices

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

const (
	queueSize     = 256
	batchSize     = 8
	settleDelay   = 500 * time.Millisecond // before a batch is taken, and again before its users are read
	callTimeout   = 5 * time.Second
	readTimeout   = 2 * time.Second // for the users of one batch
	flushTimeout  = 2 * time.Second // at shutdown
	minBackoff    = time.Second     // doubles with each failure, up to maxBackoff
	maxBackoff    = time.Minute
	maxRetryAfter = 5 * time.Minute // honoured when the notifier is throttled
)

// Queue delivers events to the admins in the background: to enqueue one costs a lock
// and no allocation. A full queue drops the oldest events, requests for codes before
// all others, and the number of dropped events is delivered as an event of its own. A
// nil *Queue, and one without a notifier, does nothing.
type Queue struct {
	notifier port.AdminNotifier
	users    port.Users
	clock    port.Clock
	report   func(error)
	wake     chan struct{}
	backoff  time.Duration // after the next failure; of the worker alone

	mu      sync.Mutex
	backlog backlog
	bursts  bursts
	dropped int
}

// NewQueue makes a queue that delivers once Run is called. report receives the errors
// of deliveries.
func NewQueue(notifier port.AdminNotifier, users port.Users, clock port.Clock, report func(error)) *Queue {
	q := &Queue{
		notifier: notifier, users: users, clock: clock, report: report, wake: make(chan struct{}, 1), backoff: minBackoff,
	}
	if notifier != nil {
		q.backlog = newBacklog(queueSize)
		q.bursts = newBursts()
	}
	return q
}

// notice is a queued event and the identifier that it is about, which is masked only
// on delivery.
type notice struct {
	event   domain.Event
	subject domain.Identifier
	seq     uint64 // position in the order of arrival
}

// Enqueue adds an event. subject is the identifier that it is about, or zero.
func (q *Queue) Enqueue(e domain.Event, subject domain.Identifier) {
	if q.disabled() {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.push(notice{event: e, subject: subject})
}

// CountFailure counts a wrong guess. At least three guesses at codes of one identifier
// within a minute of the first are delivered as one event.
func (q *Queue) CountFailure(e domain.Event, subject domain.Identifier) {
	if q.disabled() {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bursts.countFailure(notice{event: e, subject: subject}, q.push)
}

// CountTrouble counts a refusal by a provider. The first one of a provider, channel and
// result is delivered at once, those of the next ten minutes as one event.
func (q *Queue) CountTrouble(e domain.Event) {
	if q.disabled() {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bursts.countTrouble(notice{event: e}, q.push)
}

func (q *Queue) disabled() bool { return q == nil || q.notifier == nil }

// push appends to the backlog and wakes the worker. The caller holds the lock.
func (q *Queue) push(n notice) {
	if dropped, full := q.backlog.push(n); full {
		q.dropped += dropped.event.Dropped()
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Run delivers events until ctx is done, and then flushes the rest within
// flushTimeout.
func (q *Queue) Run(ctx context.Context) {
	if q.disabled() {
		return
	}
	calls, abort := context.WithCancel(context.WithoutCancel(ctx)) // outlives ctx by flushTimeout
	defer abort()
	context.AfterFunc(ctx, func() {
		pause(calls, flushTimeout)
		abort()
	})
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
			q.endBursts(false)
		case <-q.wake:
			q.deliverBacklog(ctx, calls)
		}
	}
	q.endBursts(true)
	q.flush(calls)
}

// deliverBacklog delivers batches until the backlog is empty.
func (q *Queue) deliverBacklog(ctx, calls context.Context) {
	for pause(ctx, settleDelay); ctx.Err() == nil; pause(ctx, settleDelay) {
		q.endBursts(false)
		batch := q.pop(batchSize)
		if len(batch) == 0 && !q.pushDropped() {
			return
		}
		pause(ctx, settleDelay) // the requests of this batch have been answered by then
		q.deliver(ctx, calls, q.events(calls, batch))
	}
}

// flush delivers the rest at shutdown, up to the first failure.
func (q *Queue) flush(calls context.Context) {
	for batch := q.pop(batchSize); len(batch) > 0; batch = q.pop(batchSize) {
		events := q.events(calls, batch)
		if err := q.notify(calls, events); err != nil {
			q.report(fmt.Errorf("notify admins: %w", err))
			q.drop(events)
			break
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	lost := q.dropped
	for _, left := range q.backlog.pop(queueSize) {
		lost += left.event.Dropped()
	}
	if lost > 0 {
		q.report(fmt.Errorf("shutdown: %d events were not delivered to admins", lost))
	}
}

// deliver retries until the events are delivered, refused for good, or ctx is done.
func (q *Queue) deliver(ctx, calls context.Context, events []domain.Event) {
	for len(events) > 0 {
		err := q.notify(calls, events)
		if err == nil {
			q.backoff = minBackoff
			q.reportDropped(events)
			return
		}
		q.report(fmt.Errorf("notify admins: %w", err))
		var fault *domain.Error
		refused := errors.As(err, &fault) && fault.Kind == domain.Denied
		if refused || ctx.Err() != nil {
			q.drop(events)
			events = nil
		}
		wait := q.backoff
		if fault != nil && fault.Kind == domain.Throttled {
			wait = min(max(wait, fault.RetryAfter), maxRetryAfter)
		}
		q.backoff = min(2*q.backoff, maxBackoff)
		pause(ctx, wait)
	}
}

// notify calls the notifier once and recovers its panics.
func (q *Queue) notify(ctx context.Context, events []domain.Event) (err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	defer func() {
		if recover() != nil { // the panic value may hold a secret
			err = errors.New("the notifier panicked")
		}
	}()
	return q.notifier.Notify(ctx, events)
}

// events masks the identifiers of a batch and fills in whether requesters are new. When
// the users cannot be read, Requester stays empty.
func (q *Queue) events(ctx context.Context, batch []notice) []domain.Event {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	events := make([]domain.Event, len(batch))
	var readErr error
	for i, n := range batch {
		events[i] = n.event
		if !n.subject.IsZero() {
			events[i].Recipient = n.subject.Masked()
		}
		if n.event.Name != domain.EventLoginRequested || readErr != nil {
			continue
		}
		if events[i].Requester, readErr = q.requester(ctx, n); readErr != nil {
			q.report(fmt.Errorf("read the user of a request: %w", readErr))
		}
	}
	return events
}

// requester decides as of the request: a user that joined with its code is new. Both
// times are of clocks of this service, at most two seconds apart, and no user receives
// and enters a code that fast.
func (q *Queue) requester(ctx context.Context, request notice) (domain.Requester, error) {
	joined, known, err := q.users.KnownSince(ctx, request.subject)
	switch {
	case err != nil:
		return "", err
	case known && joined.Before(request.event.At):
		return domain.RequesterExisting, nil
	default:
		return domain.RequesterNew, nil
	}
}

func (q *Queue) pop(limit int) []notice {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.backlog.pop(limit)
}

func (q *Queue) drop(events []domain.Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range events {
		q.dropped += e.Dropped()
	}
}

// pushDropped enqueues the number of dropped events, and reports whether there were
// any.
func (q *Queue) pushDropped() bool {
	now := q.clock.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	count := q.dropped
	if q.dropped = 0; count > 0 {
		q.push(notice{event: domain.Event{Name: domain.EventNoticesDropped, At: now, Count: count}})
	}
	return count > 0
}

// reportDropped reports a delivered count of dropped events to the operator too.
func (q *Queue) reportDropped(delivered []domain.Event) {
	for _, e := range delivered {
		if e.Name == domain.EventNoticesDropped {
			q.report(fmt.Errorf("%d events for admins were dropped, the oldest first", e.Count))
		}
	}
}

// endBursts enqueues the bursts that are over, or all of them.
func (q *Queue) endBursts(all bool) {
	now := q.clock.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bursts.end(now, all, q.push)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
