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
	missInterval  = 10 * time.Second // between fetches for unknown kids
	maxStale      = 24 * time.Hour   // maximum age of keys while fetches fail
)

// fetched is a key set and how long it is fresh.
type fetched struct {
	keys   map[string]key
	maxAge time.Duration
}

// keyCache caches the keys of one doorcode. At most one fetch is in flight, and only a
// caller that needs it starts one: an idle cache has no goroutine.
//
//	age of the keys         known kid                         unknown kid
//	younger than max-age    found                             a fetch, every 10 s at most
//	up to twice that        found; refreshed in background    the same
//	older                   after a fetch; found even if      the same
//	                        it fails, and then without
//	                        waiting for the next ones
//	a day, or no keys       after a fetch, else unavailable   the same
type keyCache struct {
	fetch func(context.Context) (fetched, error)
	now   func() time.Time
	log   *slog.Logger

	mu       sync.Mutex
	set      fetched
	since    time.Time     // when set was fetched
	inFlight chan struct{} // closed at the end of the fetch; nil without one
	failure  error         // of the last fetch
	tried    time.Time     // end of the last fetch
	missed   time.Time     // start of the last fetch for an unknown kid
}

func newKeyCache(cfg Config) *keyCache {
	return &keyCache{fetch: newFetcher(cfg).fetch, now: cfg.Now, log: cfg.Logger}
}

// find returns the key of a kid, after a fetch if necessary.
func (c *keyCache) find(ctx context.Context, kid string) (key, error) {
	for {
		k, wait, err := c.lookup(kid)
		if wait == nil {
			return k, err
		}
		if err := await(ctx, wait); err != nil {
			return key{}, err
		}
	}
}

// refresh fetches the keys now, or joins the fetch in flight.
func (c *keyCache) refresh(ctx context.Context) error {
	c.mu.Lock()
	if c.inFlight == nil {
		c.start()
	}
	wait := c.inFlight
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

// lookup returns the key of a kid, or a channel to wait for before the next lookup.
func (c *keyCache) lookup(kid string) (key, <-chan struct{}, error) {
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

// miss handles an unknown kid. An attacker can invent kids, so fetches for them are
// limited.
func (c *keyCache) miss(now time.Time) (key, <-chan struct{}, error) {
	if c.inFlight == nil && now.Sub(c.missed) >= missInterval && c.begin(now) != nil {
		c.missed = now
	}
	switch {
	case c.inFlight != nil:
		return key{}, c.inFlight, nil
	case c.failure != nil:
		return key{}, nil, &unavailableError{c.failure}
	default:
		return key{}, nil, ErrUnknownKey
	}
}

// begin returns the fetch in flight, or starts one; nil within retryInterval after a
// failure.
func (c *keyCache) begin(now time.Time) <-chan struct{} {
	if c.inFlight == nil && (c.failure == nil || now.Sub(c.tried) >= retryInterval) {
		c.start()
	}
	if c.inFlight == nil {
		return nil
	}
	return c.inFlight
}

// start fetches in a goroutine of its own, so that a canceled caller does not end the
// fetch that others wait for.
func (c *keyCache) start() {
	done := make(chan struct{})
	c.inFlight = done
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
		defer cancel()
		set, err := c.fetch(ctx)
		c.store(set, err)
	}()
}

// store stores the result of a fetch. Keys survive a failed fetch, but not an empty key
// set. An outage is logged once.
func (c *keyCache) store(set fetched, err error) {
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
	c.inFlight, c.failure, c.tried = nil, err, now
}
