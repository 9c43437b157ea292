package client

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	fetchTimeout  = 5 * time.Second
	retryInterval = 2 * time.Second  // after a fetch that failed
	missInterval  = 10 * time.Second // between fetches for kids that nobody knows
	maxStale      = 24 * time.Hour   // for how long keys are good that cannot be fetched anew
)

// fetched is keys, and for how long they need not be fetched again.
type fetched struct {
	keys   map[string]key
	maxAge time.Duration
}

// keyCache is the keys of one doorcode. There is never more than one fetch under way,
// and no fetch begins but for a caller who needs it: it has no goroutine of its own
// while nobody asks.
//
//	age of the keys         a kid that is known               one that is not
//	younger than max-age    found                             a fetch, every 10 s at most
//	up to twice that        found; a fetch begins beside      the same
//	older                   after a fetch; found even when    the same
//	                        that fails, and then without
//	                        waiting for the next ones
//	a day, or none          after a fetch, else unavailable   the same
type keyCache struct {
	fetch func(context.Context) (fetched, error)
	now   func() time.Time
	log   *slog.Logger

	mu       sync.Mutex
	set      fetched
	since    time.Time     // when set was fetched
	underway chan struct{} // closed when the fetch has ended; nil when there is none
	failure  error         // of the last fetch; nil when it went well
	tried    time.Time     // when the last fetch ended
	missed   time.Time     // when last a fetch began for an unknown kid
}

func newKeyCache(cfg Config) *keyCache {
	return &keyCache{fetch: newFetcher(cfg).fetch, now: cfg.Now, log: cfg.Logger}
}

// find finds a key by its kid, after a fetch if it must be.
func (c *keyCache) find(ctx context.Context, kid string) (key, error) {
	for {
		k, wait, err := c.look(kid)
		if wait == nil {
			return k, err
		}
		if err := await(ctx, wait); err != nil {
			return key{}, err
		}
	}
}

// refresh fetches the keys now, or joins who does.
func (c *keyCache) refresh(ctx context.Context) error {
	c.mu.Lock()
	if c.underway == nil {
		c.start()
	}
	wait := c.underway
	c.mu.Unlock()
	if err := await(ctx, wait); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure != nil {
		return &unavailableError{c.failure}
	}
	return nil
}

func await(ctx context.Context, wait <-chan struct{}) error {
	select {
	case <-wait:
		return nil
	case <-ctx.Done():
		return &unavailableError{context.Cause(ctx)}
	}
}

// look decides on a kid, or says what to wait for before it is asked again.
func (c *keyCache) look(kid string) (key, <-chan struct{}, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	age := now.Sub(c.since)
	if c.set.keys == nil || age >= maxStale {
		if wait := c.begin(now); wait != nil {
			return key{}, wait, nil
		}
		return key{}, nil, &unavailableError{c.failure}
	}
	if age >= c.set.maxAge {
		if wait := c.begin(now); wait != nil && c.failure == nil && age >= 2*c.set.maxAge {
			return key{}, wait, nil
		}
	}
	if k, ok := c.set.keys[kid]; ok {
		return k, nil, nil
	}
	return c.miss(now)
}

// miss decides on a kid that is not among the keys. Anybody can invent one, so only
// now and then is one worth a fetch.
func (c *keyCache) miss(now time.Time) (key, <-chan struct{}, error) {
	if c.underway == nil && now.Sub(c.missed) >= missInterval && c.begin(now) != nil {
		c.missed = now
	}
	switch {
	case c.underway != nil:
		return key{}, c.underway, nil
	case c.failure != nil:
		return key{}, nil, &unavailableError{c.failure}
	default:
		return key{}, nil, ErrUnknownKey
	}
}

// begin is the fetch that is under way, or a new one; nil if the last one has failed
// just now.
func (c *keyCache) begin(now time.Time) <-chan struct{} {
	if c.underway == nil && (c.failure == nil || now.Sub(c.tried) >= retryInterval) {
		c.start()
	}
	if c.underway == nil {
		return nil
	}
	return c.underway
}

// start fetches in a goroutine of its own, for no caller's hanging up may end what
// others wait for.
func (c *keyCache) start() {
	done := make(chan struct{})
	c.underway = done
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
		defer cancel()
		set, err := c.fetch(ctx)
		c.land(set, err)
	}()
}

// land takes what a fetch has brought. Keys outlive a fetch that fails, but not the
// word of doorcode that there are none. An outage is told once.
func (c *keyCache) land(set fetched, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if err == nil {
		c.set, c.since = set, now
	}
	if errors.Is(err, errNoKeys) {
		c.set = fetched{}
	}
	switch {
	case err != nil && c.failure == nil:
		c.log.Warn("the keys of doorcode cannot be fetched", "err", err, "keys", len(c.set.keys))
	case err == nil && c.failure != nil:
		c.log.Info("the keys of doorcode can be fetched again", "keys", len(c.set.keys))
	}
	c.underway, c.failure, c.tried = nil, err, now
}
