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
	Record(ctx context.Context, deliveries []domain.Delivery) error

	// OfChallenge must return the deliveries of a challenge, oldest first.
	OfChallenge(ctx context.Context, id domain.ChallengeID) ([]domain.Delivery, error)

	// Purge must remove at most limit deliveries, none but those of challenges that were made before the given time.
	// Called until it removes nothing, it must have removed all of those.
	Purge(ctx context.Context, before time.Time, limit int) (removed int, err error)
}
