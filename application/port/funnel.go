package port

import (
	"context"
	"time"
)

// Funnel aggregates challenges and their deliveries into counts that outlive them.
type Funnel interface {
	// Count counts the progress of challenges since the last run.
	//
	// It must count every sign-in challenge once in every stage that it reaches, on the day (UTC) of
	// the challenge, however often it runs.
	// Each stage of a challenge must be counted by one of any number of parallel runs.
	// It must count a challenge that was verified and then replaced by the next request.
	// It must count reports of a delivery long after its send.
	// A source without a registration must count as other, and a counted challenge must stay in its
	// group.
	// A failed run must have counted nothing, or be continued by the next.
	Count(ctx context.Context, now time.Time) (counted int, err error)

	// CountedUntil must return the time until which every stored row has been counted; the zero time
	// before the first run.
	CountedUntil(ctx context.Context) (time.Time, error)
}
