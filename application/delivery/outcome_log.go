package delivery

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Sizes of the outcome log: what one commit takes, how long it waits for more,
// what it keeps while the store is away, and how soon it tries again.
const (
	outcomeBatch = 256
	outcomeDelay = 50 * time.Millisecond
	outcomeQueue = 16 * 1024
	outcomeRetry = time.Second
	outcomeFlush = 2 * time.Second
)

// OutcomeLog writes what became of messages, many in one commit and apart from
// every request. What is lost with a process is not repeated: a message without
// an outcome reads as unknown.
type OutcomeLog struct {
	store   port.Deliveries
	report  func(error)
	mu      sync.Mutex
	queue   []domain.Delivery
	wake    chan struct{}
	dropped atomic.Int64
}

// NewOutcomeLog makes a log that writes to store once Run is called. report
// hears of writes that failed; they are tried again while Run goes on.
func NewOutcomeLog(store port.Deliveries, report func(error)) *OutcomeLog {
	return &OutcomeLog{store: store, report: report, wake: make(chan struct{}, 1)}
}

// Note takes an outcome to be written soon. It never waits: when the store has
// been away for long, the oldest outcome is dropped.
func (l *OutcomeLog) Note(d domain.Delivery) {
	l.mu.Lock()
	if len(l.queue) >= outcomeQueue {
		l.queue = l.queue[1:]
		l.dropped.Add(1)
	}
	l.queue = append(l.queue, d)
	l.mu.Unlock()
	l.wakeUp()
}

// Record writes one delivery now.
func (l *OutcomeLog) Record(ctx context.Context, d domain.Delivery) error {
	return l.store.Record(ctx, []domain.Delivery{d})
}

// Dropped is how many outcomes gave way to later ones while the store was away.
func (l *OutcomeLog) Dropped() int64 { return l.dropped.Load() }

// Run writes outcomes until ctx is done, and then what is left.
func (l *OutcomeLog) Run(ctx context.Context) {
	detached := context.WithoutCancel(ctx) // the end of ctx breaks no commit
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

func (l *OutcomeLog) wakeUp() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// writeBatch writes the oldest outcomes in one commit, and says how many.
func (l *OutcomeLog) writeBatch(ctx context.Context) (int, error) {
	batch := l.next()
	if len(batch) == 0 {
		return 0, nil
	}
	if err := l.store.Record(ctx, batch); err != nil {
		l.putBack(batch)
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

// putBack puts a batch in front again, but drops of it what no longer fits.
func (l *OutcomeLog) putBack(batch []domain.Delivery) {
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
