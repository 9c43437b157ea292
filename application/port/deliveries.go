package port

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Deliveries keeps what became of each message.
type Deliveries interface {
	// Record must store the deliveries in one commit, making those that are not there yet.
	// A delivery must only ever change to a status with more progress.
	// What a provider told at once must be there, also when a report has come first.
	Record(ctx context.Context, deliveries []domain.Delivery) error

	// Report must change exactly the deliveries that are named, each only to a status with more progress, and make none.
	// It must fill in what is told and was not known, and leave all else as it was.
	// An error code must come with the progress that it explains.
	Report(ctx context.Context, reports []domain.DeliveryReport) error

	// OfChallenge must return the deliveries of a challenge, oldest first.
	OfChallenge(ctx context.Context, id domain.ChallengeID) ([]domain.Delivery, error)

	// Purge must remove at most limit deliveries, none but those of challenges that were made before the given time and have nothing late to count.
	// Called until it removes nothing, it must have removed all of those.
	Purge(ctx context.Context, before time.Time, limit int) (removed int, err error)
}
