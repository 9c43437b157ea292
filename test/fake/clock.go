package fake

import (
	"sync"
	"time"
)

// Clock is a clock that stands still until a test moves it. It is safe for
// concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Noon is where a clock stands if a test does not care.
var Noon = time.Date(2026, time.March, 14, 12, 0, 0, 0, time.UTC)

// NewClock makes a clock that stands at Noon.
func NewClock() *Clock { return &Clock{now: Noon} }

// Now is where the clock stands, in UTC and cut to microseconds.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set moves the clock to a time, which may lie before.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now.UTC().Truncate(time.Microsecond)
}

// Advance moves the clock on, or back by a negative duration.
func (c *Clock) Advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by).Truncate(time.Microsecond)
}
