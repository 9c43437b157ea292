package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/doorcode-auth/doorcode/domain"
)

// Deliveries is port.Deliveries without Record and Report, which each dialect does
// in its own way.
type Deliveries struct{ db DB }

// NewDeliveries makes the part of the store.
func NewDeliveries(db DB) Deliveries { return Deliveries{db} }

// OfChallenge implements port.Deliveries.
func (s Deliveries) OfChallenge(ctx context.Context, id domain.ChallengeID) ([]domain.Delivery, error) {
	if !domain.IsUUID(string(id)) {
		return nil, nil
	}
	var rows []Delivery
	err := s.db.Read(ctx, func(ctx context.Context, q Queryer) error {
		return sqlx.SelectContext(ctx, q, &rows, deliveriesOfChallenge, string(id))
	})
	if err != nil {
		return nil, fmt.Errorf("list the deliveries of a challenge: %w", err)
	}
	deliveries := make([]domain.Delivery, len(rows))
	for i, row := range rows {
		deliveries[i] = row.ToDomain()
	}
	return deliveries, nil
}

// Purge implements port.Deliveries.
func (s Deliveries) Purge(ctx context.Context, before time.Time, limit int) (removed int, err error) {
	err = s.db.Write(ctx, func(ctx context.Context, q Queryer) error {
		n, err := Exec(ctx, q, purgeDeliveries, FirstUUID(before), limit)
		removed = n
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge deliveries: %w", err)
	}
	return removed, nil
}

const deliveriesOfChallenge = `
SELECT ` + DeliveryColumns + `
  FROM deliveries
 WHERE challenge_id = $1
 ORDER BY created_at, id`

// What is late waits for the next run of the funnel, which needs the delivery that the
// challenge began with.
const purgeDeliveries = `
DELETE FROM deliveries
 WHERE (challenge_id, id) IN (
       SELECT challenge_id, id
         FROM deliveries
        WHERE challenge_id < $1
          AND challenge_id NOT IN (SELECT challenge_id FROM deliveries WHERE late)
        ORDER BY challenge_id
        LIMIT $2)`
