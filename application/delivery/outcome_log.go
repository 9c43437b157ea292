package delivery

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

const (
	outcomeBatch = 256                   // outcomes in one commit
	outcomeDelay = 50 * time.Millisecond // to collect a batch
	outcomeQueue = 16 * 1024             // outcomes kept while the store is unavailable
	outcomeRetry = time.Second
	outcomeFlush = 2 * time.Second // at shutdown
)

// OutcomeLog writes the outcomes of deliveries in the background, many in one commit.
// Outcomes that are lost with the process are not repeated: a delivery without one reads
// as unknown.
type OutcomeLog struct {
	store   port.Deliveries
	report  func(error)
	mu      sync.Mutex
	queue   []domain.Delivery
	wake    chan struct{}
	dropped atomic.Int64
}

// NewOutcomeLog makes a log that writes to store once Run is called. report receives the
// errors of writes, which are retried.
func NewOutcomeLog(store port.Deliveries, report func(error)) *OutcomeLog {
	return &OutcomeLog{store: store, report: report, wake: make(chan struct{}, 1)}
}

// Enqueue adds an outcome. It never blocks: a full queue drops its oldest outcome.
func (l *OutcomeLog) Enqueue(d domain.Delivery) {
	l.mu.Lock()
	if len(l.queue) >= outcomeQueue {
		l.queue = l.queue[1:]
		l.dropped.Add(1)
	}
	l.queue = append(l.queue, d)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Record writes one delivery at once.
func (l *OutcomeLog) Record(ctx context.Context, d domain.Delivery) error {
	return l.store.Record(ctx, []domain.Delivery{d})
}

// Dropped is how many outcomes a full queue has dropped.
func (l *OutcomeLog) Dropped() int64 { return l.dropped.Load() }

// Run writes outcomes until ctx is done, and then flushes the rest.
func (l *OutcomeLog) Run(ctx context.Context) {
	detached := context.WithoutCancel(ctx) // the end of ctx aborts no commit
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-l.wake:
			pause(ctx, outcomeDelay)
		}
		for ctx.Err() == nil {
			written, err := l.writeBatch(detached)
			if err != nil {
				pause(ctx, outcomeRetry)
			} else if written == 0 {
				break
			}
		}
	}
	last, cancel := context.WithTimeout(detached, outcomeFlush)
	defer cancel()
	for written, err := l.writeBatch(last); written > 0 && err == nil; {
		written, err = l.writeBatch(last)
	}
}

// writeBatch writes the oldest outcomes in one commit, and returns their number.
func (l *OutcomeLog) writeBatch(ctx context.Context) (int, error) {
	batch := l.next()
	if len(batch) == 0 {
		return 0, nil
	}
	if err := l.store.Record(ctx, batch); err != nil {
		l.requeue(batch)
		l.report(err)
		return 0, err
	}
	return len(batch), nil
}

func (l *OutcomeLog) next() []domain.Delivery {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.queue), outcomeBatch)
	batch := l.queue[:n:n]
	l.queue = l.queue[n:]
	return batch
}

// requeue puts a batch in front again, and drops the oldest that no longer fit.
func (l *OutcomeLog) requeue(batch []domain.Delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	over := max(0, len(batch)+len(l.queue)-outcomeQueue)
	l.dropped.Add(int64(over))
	l.queue = append(batch[over:], l.queue...)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
