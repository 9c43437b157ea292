package delivery

import "sync"

// tally counts what is under way. Unlike with a sync.WaitGroup, more may come
// while somebody waits for the last to leave. The zero tally is ready.
type tally struct {
	mu     sync.Mutex
	count  int
	waiter chan struct{} // closed when the last leaves; nil while nobody waits
}

func (t *tally) enter() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
}

func (t *tally) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count--
	if t.count == 0 && t.waiter != nil {
		close(t.waiter)
		t.waiter = nil
	}
}

// none is closed as soon as nothing is under way.
func (t *tally) none() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count == 0 {
		empty := make(chan struct{})
		close(empty)
		return empty
	}
	if t.waiter == nil {
		t.waiter = make(chan struct{})
	}
	return t.waiter
}
