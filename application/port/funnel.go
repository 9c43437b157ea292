package port

import (
	"context"
	"time"
)

// Funnel turns what is stored of challenges and their deliveries into counts that
// outlive them.
type Funnel interface {
	// Count counts what has happened to challenges since the last run.
	//
	// It must count every challenge to sign in once in every stage that it reaches, on the day (UTC) on which it was made, however often it is run.
	// Of runs in parallel each stage of a challenge must be counted by one.
	// It must count a challenge that was verified and then replaced by the next request.
	// It must count what is reported of a delivery long after it was sent.
	// A source that nobody has registered through must count as other, and a challenge that began in a group must stay in it.
	// A run that fails must have counted nothing, or be continued by the next.
	Count(ctx context.Context, now time.Time) (counted int, err error)

	// CountedUntil must tell until when everything that was stored has been counted; the zero time before the first run.
	CountedUntil(ctx context.Context) (time.Time, error)
}
