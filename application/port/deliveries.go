package port

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Deliveries stores the state of each message.
type Deliveries interface {
	// Record must insert or update the deliveries in one commit.
	// A delivery must only ever change to a status with more progress.
	// The outcome of a send must be stored, even if a report has arrived before it.
	Record(ctx context.Context, deliveries []domain.Delivery) error

	// Report must update exactly the named deliveries, each only to a status with more progress, and
	// insert none.
	// It must fill in reported fields that were empty, and leave all others as they were.
	// An error code must be stored only with the progress that it explains.
	Report(ctx context.Context, reports []domain.DeliveryReport) error

	// OfChallenge must return the deliveries of a challenge, oldest first.
	OfChallenge(ctx context.Context, id domain.ChallengeID) ([]domain.Delivery, error)

	// Purge must delete at most limit deliveries, only of challenges that were made before the given
	// time and that the funnel has counted.
	// Called until it deletes nothing, it must have deleted all of those.
	Purge(ctx context.Context, before time.Time, limit int) (removed int, err error)
}
