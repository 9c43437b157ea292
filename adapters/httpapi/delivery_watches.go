package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/domain"
)

// watches look after challenges for those who wait for news of them: in the store, for
// a provider's report lands on any instance. However many wait for one challenge, it
// is looked at once in a while, and not at all when nobody waits.
type watches struct {
	look  func(ctx context.Context, id domain.ChallengeID) (delivery.ShowDeliveryOut, error)
	every time.Duration

	mu   sync.Mutex
	byID map[domain.ChallengeID]*watch
}

// watch is one challenge that somebody waits for.
type watch struct {
	id      domain.ChallengeID
	readers int           // guarded by watches.mu
	left    chan struct{} // closed when the last reader has left

	looking sync.Mutex // so that what was seen later is not undone by what was seen before
	mu      sync.Mutex
	state   watched
	news    chan struct{} // closed when there is another state
}

// watched is what is known of a challenge, as clients read it.
type watched struct {
	body string // JSON
	over bool
}

// join is the watch of a challenge, of which something is known by now. Whoever joins
// must leave.
func (w *watches) join(ctx context.Context, id domain.ChallengeID) (*watch, error) {
	w.mu.Lock()
	one, ok := w.byID[id]
	if !ok {
		one = &watch{id: id, left: make(chan struct{}), news: make(chan struct{})}
		w.byID[id] = one
		go w.keepLooking(one)
	}
	one.readers++
	w.mu.Unlock()
	if err := w.refresh(ctx, one); err != nil {
		w.leave(one)
		return nil, err
	}
	return one, nil
}

func (w *watches) leave(one *watch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if one.readers--; one.readers == 0 {
		close(one.left)
		w.forget(one)
	}
}

// forget makes the next who joins begin anew. It needs w.mu.
func (w *watches) forget(one *watch) {
	if w.byID[one.id] == one {
		delete(w.byID, one.id)
	}
}

// keepLooking looks until everybody has left, as they do when nothing more is to be
// expected. Who joins after that begins anew: another message may have been asked for.
func (w *watches) keepLooking(one *watch) {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		select {
		case <-one.left:
			return
		case <-tick.C:
		}
		err := guarded(func() error { return w.refresh(context.Background(), one) })
		gone := errors.Is(err, domain.ErrDeliveryNotFound)
		if gone {
			one.end()
		}
		if state, _ := one.now(); gone || state.over {
			w.mu.Lock()
			w.forget(one)
			w.mu.Unlock()
		}
	}
}

// refresh looks once. While the store is out of order all stays as it was.
func (w *watches) refresh(ctx context.Context, one *watch) error {
	one.looking.Lock()
	defer one.looking.Unlock()
	out, err := w.look(ctx, one.id)
	if err != nil {
		return err
	}
	body, err := json.Marshal(newDeliveryStatusBody(out))
	if err != nil {
		return err
	}
	one.set(watched{body: string(body), over: out.Over})
	return nil
}

func (one *watch) set(state watched) {
	one.mu.Lock()
	defer one.mu.Unlock()
	if state != one.state {
		one.state = state
		close(one.news)
		one.news = make(chan struct{})
	}
}

// end makes what is known the last that will be.
func (one *watch) end() {
	state, _ := one.now()
	state.over = true
	one.set(state)
}

// now is what is known, and what will be closed when there is more.
func (one *watch) now() (watched, <-chan struct{}) {
	one.mu.Lock()
	defer one.mu.Unlock()
	return one.state, one.news
}
