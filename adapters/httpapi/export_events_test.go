package httpapi

import "time"

// Hurry makes streams look and speak faster than they do. It must come before the first
// stream.
func Hurry(a *API, look, say time.Duration) { a.watches.every, a.sayEvery = look, say }

// Watched is how many challenges are looked after, and how many streams are open.
func Watched(a *API) (challenges, open int) {
	a.watches.mu.Lock()
	defer a.watches.mu.Unlock()
	a.streams.mu.Lock()
	defer a.streams.mu.Unlock()
	return len(a.watches.byID), a.streams.open
}

// The bounds of streams.
const (
	MaxStreams          = maxStreams
	MaxStreamsPerClient = maxStreamsPerClient
)
