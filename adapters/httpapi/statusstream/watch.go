package statusstream

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// watch polls one challenge for all streams of it: a provider's report may reach any
// instance, so changes are found in the store.
type watch struct {
	id      domain.ChallengeID
	streams int           // guarded by Hub.mu
	unused  chan struct{} // closed when the last stream has ended

	reading sync.Mutex // an earlier read never overwrites a later one
	mu      sync.Mutex
	state   State
	changed chan struct{} // closed when there is another state
}

// subscribe returns the watch of a challenge, after a read. The caller must
// unsubscribe.
func (h *Hub) subscribe(ctx context.Context, id domain.ChallengeID) (*watch, error) {
	h.mu.Lock()
	one, ok := h.watches[id]
	if !ok {
		one = &watch{id: id, unused: make(chan struct{}), changed: make(chan struct{})}
		h.watches[id] = one
		go h.pollLoop(one)
	}
	one.streams++
	h.mu.Unlock()
	if err := h.refresh(ctx, one); err != nil {
		h.unsubscribe(one)
		return nil, err
	}
	return one, nil
}

func (h *Hub) unsubscribe(one *watch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if one.streams--; one.streams == 0 {
		close(one.unused)
		h.forget(one)
	}
}

// forget gives the next subscriber a new watch. It needs h.mu.
func (h *Hub) forget(one *watch) {
	if h.watches[one.id] == one {
		delete(h.watches, one.id)
	}
}

// pollLoop reads until the watch is unused. After a final state a new subscriber gets a
// watch of its own: another message may have been requested.
func (h *Hub) pollLoop(one *watch) {
	tick := time.NewTicker(h.poll)
	defer tick.Stop()
	for {
		select {
		case <-one.unused:
			return
		case <-tick.C:
		}
		gone := errors.Is(h.refresh(context.Background(), one), domain.ErrDeliveryNotFound)
		state, _ := one.current()
		if gone {
			state.Final = true
			one.set(state)
		}
		if state.Final {
			h.mu.Lock()
			h.forget(one)
			h.mu.Unlock()
		}
	}
}

// refresh reads once. An error leaves the state as it was.
func (h *Hub) refresh(ctx context.Context, one *watch) error {
	one.reading.Lock()
	defer one.reading.Unlock()
	state, err := h.read(ctx, one.id)
	if err != nil {
		return err
	}
	one.set(state)
	return nil
}

func (one *watch) set(state State) {
	one.mu.Lock()
	defer one.mu.Unlock()
	if state != one.state {
		one.state = state
		close(one.changed)
		one.changed = make(chan struct{})
	}
}

// current returns the state, and a channel that is closed when there is another.
func (one *watch) current() (State, <-chan struct{}) {
	one.mu.Lock()
	defer one.mu.Unlock()
	return one.state, one.changed
}
