package admin

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Sizes and times of the queue.
const (
	noticeQueue  = 256                    // what waits at most
	noticeBatch  = 8                      // what is told together
	noticeSettle = 500 * time.Millisecond // before a batch is taken, and again before it is looked at
	noticeTime   = 5 * time.Second        // of one call
	noticeLook   = 2 * time.Second        // for reading the users, a batch
	noticeFlush  = 2 * time.Second        // for what is left at the end
	firstPause   = time.Second            // after a call that failed; doubles up to
	longestPause = time.Minute
	longestWait  = 5 * time.Minute // that anybody may ask for
)

// Notices brings events to the admins, apart from every request: to raise one costs a
// lock and no allocation. What cannot be told for long makes room for what is newer,
// requests for codes before all else, and how much that was is told as soon as anything
// can be. A nil *Notices, and one
// without a notifier, tells nobody and does nothing.
type Notices struct {
	notifier port.AdminNotifier
	users    port.Users
	clock    port.Clock
	report   func(error)
	wake     chan struct{}
	backoff  time.Duration // after the next failure; of the worker alone

	mu      sync.Mutex
	waiting queue
	bursts  bursts
	dropped int
}

// NewNotices makes the queue; it tells once Run is called. report hears of what
// could not be told.
func NewNotices(notifier port.AdminNotifier, users port.Users, clock port.Clock, report func(error)) *Notices {
	n := &Notices{notifier: notifier, users: users, clock: clock, report: report, wake: make(chan struct{}, 1), backoff: firstPause}
	if notifier != nil {
		n.waiting = newQueue(noticeQueue)
		n.bursts = newBursts()
	}
	return n
}

// notice is an event on its way, and whom it is about, who is masked only when it is
// told.
type notice struct {
	event domain.Event
	about domain.Identifier
	turn  uint64 // of its coming into the queue
}

// Raise takes an event to be told soon. about is who it is about, if anybody.
func (n *Notices) Raise(e domain.Event, about domain.Identifier) {
	if n.off() {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.put(notice{event: e, about: about})
}

// CountFailure takes a wrong guess. All of one identifier within a minute of the first
// are told as one event, if they are at least three.
func (n *Notices) CountFailure(e domain.Event, about domain.Identifier) {
	if n.off() {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.bursts.countFailure(notice{event: e, about: about}, n.put)
}

// CountTrouble takes a refusal of a provider. The first of its sort is told at once,
// those of the ten minutes after it as one.
func (n *Notices) CountTrouble(e domain.Event) {
	if n.off() {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.bursts.countTrouble(notice{event: e}, n.put)
}

func (n *Notices) off() bool { return n == nil || n.notifier == nil }

// put puts a notice at the end of the queue. The caller holds the lock.
func (n *Notices) put(next notice) {
	if dropped, full := n.waiting.put(next); full {
		n.dropped += dropped.event.Dropped()
	}
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// Run tells what is raised until ctx is done, and then, for a moment, what is left.
func (n *Notices) Run(ctx context.Context) {
	if n.off() {
		return
	}
	calls, hangUp := context.WithCancel(context.WithoutCancel(ctx)) // outlive ctx by noticeFlush
	defer hangUp()
	context.AfterFunc(ctx, func() {
		pause(calls, noticeFlush)
		hangUp()
	})
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-again.C:
			n.endBursts(false)
		case <-n.wake:
			n.tellWaiting(ctx, calls)
		}
	}
	n.endBursts(true)
	n.tellRest(calls)
}

// tellWaiting tells until nothing waits.
func (n *Notices) tellWaiting(ctx, calls context.Context) {
	for pause(ctx, noticeSettle); ctx.Err() == nil; pause(ctx, noticeSettle) {
		n.endBursts(false)
		batch := n.take()
		if len(batch) == 0 && !n.tellDropped() {
			return
		}
		pause(ctx, noticeSettle) // the answers to the requests of this batch are out now
		n.tell(ctx, calls, n.lookAt(calls, batch))
	}
}

// tellRest tells what is left at the end, as long as it goes well.
func (n *Notices) tellRest(calls context.Context) {
	for batch := n.take(); len(batch) > 0; batch = n.take() {
		events := n.lookAt(calls, batch)
		if err := n.notify(calls, events); err != nil {
			n.report(fmt.Errorf("tell admins: %w", err))
			n.lose(events)
			break
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	lost := n.dropped
	for _, left := range n.waiting.take(noticeQueue) {
		lost += left.event.Dropped()
	}
	if lost > 0 {
		n.report(fmt.Errorf("the end: %d notices to admins were not told", lost))
	}
}

// tell tells of events until they are told, or refused for good, or until the end.
func (n *Notices) tell(ctx, calls context.Context, events []domain.Event) {
	for len(events) > 0 {
		err := n.notify(calls, events)
		if err == nil {
			n.backoff = firstPause
			n.logDropped(events)
			return
		}
		n.report(fmt.Errorf("tell admins: %w", err))
		var fault *domain.Error
		refused := errors.As(err, &fault) && fault.Kind == domain.Denied
		if refused || ctx.Err() != nil {
			n.lose(events)
			events = nil
		}
		wait := n.backoff
		if fault != nil && fault.Kind == domain.Throttled {
			wait = min(max(wait, fault.RetryAfter), longestWait)
		}
		n.backoff = min(2*n.backoff, longestPause)
		pause(ctx, wait)
	}
}

// notify makes one call, which may not take the process down.
func (n *Notices) notify(ctx context.Context, events []domain.Event) (err error) {
	ctx, cancel := context.WithTimeout(ctx, noticeTime)
	defer cancel()
	defer func() {
		if recover() != nil { // what it panicked with may hold a secret
			err = errors.New("the notifier panicked")
		}
	}()
	return n.notifier.Notify(ctx, events)
}

// lookAt makes of notices what is told: masked, and with whether those who have asked
// for a code are known. No answer of a database leaves that open.
func (n *Notices) lookAt(ctx context.Context, batch []notice) []domain.Event {
	ctx, cancel := context.WithTimeout(ctx, noticeLook)
	defer cancel()
	events := make([]domain.Event, len(batch))
	var away error
	for i, b := range batch {
		events[i] = b.event
		if !b.about.IsZero() {
			events[i].Recipient = b.about.Masked()
		}
		if b.event.Name != domain.EventLoginRequested || away != nil {
			continue
		}
		if events[i].Requester, away = n.knownWhenAsking(ctx, b); away != nil {
			n.report(fmt.Errorf("look at who has asked for a code: %w", away))
		}
	}
	return events
}

// knownWhenAsking is what somebody was when they asked for a code: who has joined with
// it since was a stranger then. Both times are those of a clock of the service's, which
// may be two seconds apart where it has several; nobody reads and types a code as fast.
func (n *Notices) knownWhenAsking(ctx context.Context, asked notice) (domain.Requester, error) {
	joined, known, err := n.users.KnownSince(ctx, asked.about)
	switch {
	case err != nil:
		return "", err
	case known && joined.Before(asked.event.At):
		return domain.RequesterExisting, nil
	default:
		return domain.RequesterNew, nil
	}
}

// take takes the oldest notices that wait.
func (n *Notices) take() []notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.waiting.take(noticeBatch)
}

func (n *Notices) lose(events []domain.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, e := range events {
		n.dropped += e.Dropped()
	}
}

// tellDropped raises how many notices were dropped, and reports whether there were
// any.
func (n *Notices) tellDropped() bool {
	now := n.clock.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	count := n.dropped
	if n.dropped = 0; count > 0 {
		n.put(notice{event: domain.Event{Name: domain.EventNoticesDropped, At: now, Count: count}})
	}
	return count > 0
}

// logDropped reports what admins have just been told of dropped notices.
func (n *Notices) logDropped(told []domain.Event) {
	for _, e := range told {
		if e.Name == domain.EventNoticesDropped {
			n.report(fmt.Errorf("%d notices to admins were dropped, the oldest first", e.Count))
		}
	}
}

// endBursts raises the bursts whose time is over, or all.
func (n *Notices) endBursts(all bool) {
	now := n.clock.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.bursts.end(now, all, n.put)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
