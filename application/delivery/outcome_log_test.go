package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

// Sizes that the log promises.
const (
	batchSize = 256
	queueSize = 16 * 1024
)

var errAway = errors.New("the database is away")

// logBundle is a log that runs, and what it has written.
type logBundle struct {
	*delivery.OutcomeLog
	stop func() // ends Run and waits for it

	mu      sync.Mutex
	write   func(context.Context) error // what a write does
	batches [][]domain.Delivery
	reports []error
}

// setupLog makes a log in a synctest bubble.
func setupLog(t *testing.T) *logBundle {
	t.Helper()
	b := &logBundle{}
	b.works()
	deliveries := mocks.NewDeliveries(t)
	deliveries.EXPECT().Record(mock.Anything, mock.Anything).
		RunAndReturn(func(ctx context.Context, batch []domain.Delivery) error {
			b.mu.Lock()
			write := b.write
			b.mu.Unlock()
			if err := write(ctx); err != nil {
				return err
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			b.batches = append(b.batches, slices.Clone(batch))
			return nil
		}).Maybe()
	b.OutcomeLog = delivery.NewOutcomeLog(deliveries, func(err error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.reports = append(b.reports, err)
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		b.Run(ctx)
		close(ended)
	}()
	b.stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(b.stop)
	return b
}

// does makes the store do this with the next writes.
func (b *logBundle) does(write func(context.Context) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.write = write
}

func (b *logBundle) works() { b.does(func(context.Context) error { return nil }) }

func (b *logBundle) fails() { b.does(func(context.Context) error { return errAway }) }

// note notes outcomes that are named by their numbers.
func (b *logBundle) note(from, to int) {
	for n := from; n < to; n++ {
		b.Enqueue(domain.Delivery{ID: fmt.Sprint(n)})
	}
}

// written are the names of what was written, in order.
func (b *logBundle) written() (ids []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, batch := range b.batches {
		for _, d := range batch {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// sizes are those of the commits.
func (b *logBundle) sizes() (sizes []int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, batch := range b.batches {
		sizes = append(sizes, len(batch))
	}
	return sizes
}

func (b *logBundle) reported() []error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.reports)
}

func numbers(from, to int) (ids []string) {
	for n := from; n < to; n++ {
		ids = append(ids, fmt.Sprint(n))
	}
	return ids
}

func TestOutcomeLog_writesManyInOneCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setupLog(t)
		b.note(0, 10)
		pass(49 * time.Millisecond)
		require.Empty(t, b.sizes(), "it waits for more")
		b.note(10, 600)
		pass(time.Millisecond)
		require.Equal(t, numbers(0, 600), b.written(), "in the order in which they came")
		require.Equal(t, []int{batchSize, batchSize, 88}, b.sizes())

		b.note(600, 601)
		pass(time.Second)
		require.Equal(t, []int{batchSize, batchSize, 88, 1}, b.sizes())
		require.Zero(t, b.Dropped())
		require.Empty(t, b.reported())
	})
}

func TestOutcomeLog_writesNothingForNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setupLog(t)
		pass(time.Hour)
		b.stop()
		require.Empty(t, b.sizes())
	})
}

func TestOutcomeLog_triesAgainWhenTheStoreIsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setupLog(t)
		b.fails()
		b.note(0, 300)
		pass(50 * time.Millisecond)
		require.Equal(t, []error{errAway}, b.reported())
		pass(2500 * time.Millisecond)
		require.Len(t, b.reported(), 3, "once a second")
		b.note(300, 310)

		b.works()
		pass(time.Second)
		require.Equal(t, numbers(0, 310), b.written(), "nothing is lost, nothing overtakes")
		require.Zero(t, b.Dropped())
		require.Len(t, b.reported(), 3)
	})
}

// A store may fail in the middle.
func TestOutcomeLog_writesNoBatchTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setupLog(t)
		writes := 0
		b.does(func(context.Context) error {
			if writes++; writes == 2 {
				return errAway
			}
			return nil
		})
		b.note(0, 600)
		pass(2 * time.Second)
		require.Equal(t, numbers(0, 600), b.written())
		require.Equal(t, []error{errAway}, b.reported())
	})
}

func TestOutcomeLog_dropsTheOldestWhileTheStoreIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setupLog(t)
		b.fails()
		b.note(0, queueSize+10)
		require.Equal(t, int64(10), b.Dropped())
		pass(time.Second)
		require.Equal(t, int64(10), b.Dropped(), "trying drops nothing")
		b.works()
		pass(time.Second)
		require.Equal(t, numbers(10, queueSize+10), b.written())
	})
}

// While a batch is being written the queue is filled: there is no room to put the
// batch back.
func TestOutcomeLog_dropsOfABatchWhatNoLongerFits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setupLog(t)
		fail := make(chan struct{})
		b.does(func(context.Context) error {
			<-fail
			return errAway
		})
		b.note(0, batchSize)
		pass(50 * time.Millisecond)
		b.note(batchSize, queueSize+100) // without waiting for the store
		require.Zero(t, b.Dropped())
		close(fail)
		synctest.Wait()
		require.Equal(t, int64(100), b.Dropped())
		b.works()
		pass(time.Second)
		require.Equal(t, numbers(100, queueSize+100), b.written())
	})
}

func TestOutcomeLog_writesTheRestAtTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setupLog(t)
		b.note(0, 600)
		synctest.Wait()
		start := time.Now()
		b.stop()
		require.Equal(t, numbers(0, 600), b.written())
		require.Zero(t, time.Since(start))
	})
}

func TestOutcomeLog_endsWhenItHasEndedBeforeItBegan(t *testing.T) {
	t.Parallel()
	deliveries := mocks.NewDeliveries(t)
	deliveries.EXPECT().Record(mock.Anything, []domain.Delivery{{ID: "0"}}).Return(nil).Once()
	log := delivery.NewOutcomeLog(deliveries, func(error) {})
	log.Enqueue(domain.Delivery{ID: "0"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	log.Run(ctx)
}

func TestOutcomeLog_theEndBreaksNoCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setupLog(t)
		b.does(func(ctx context.Context) error {
			select {
			case <-time.After(1500 * time.Millisecond):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		b.note(0, 3*batchSize)
		pass(100 * time.Millisecond) // the first batch is being written
		start := time.Now()
		b.stop()
		require.Equal(t, numbers(0, 2*batchSize), b.written(), "the batch under way, and what two seconds allow")
		require.Equal(t, 1450*time.Millisecond+2*time.Second, time.Since(start))
	})
}

func TestOutcomeLog_theEndIsNotHeldUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setupLog(t)
		b.note(0, 600)
		synctest.Wait()
		b.does(func(ctx context.Context) error { // a store that hangs
			<-ctx.Done()
			return ctx.Err()
		})
		start := time.Now()
		b.stop()
		require.Equal(t, 2*time.Second, time.Since(start))
		require.Equal(t, []error{context.DeadlineExceeded}, b.reported())
		require.Empty(t, b.sizes())
	})
}

func TestOutcomeLog_theEndNeedNotWaitForTheNextTry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setupLog(t)
		b.fails()
		b.note(0, 1)
		pass(60 * time.Millisecond)
		b.works()
		start := time.Now()
		b.stop()
		require.Equal(t, numbers(0, 1), b.written())
		require.Zero(t, time.Since(start))
	})
}
