package sqlite

import (
	"context"
	"fmt"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/domain"
)

// Deliveries implements port.Deliveries.
type Deliveries struct {
	sqlstore.Deliveries
	db *DB
}

// Record implements port.Deliveries.
func (s *Deliveries) Record(ctx context.Context, deliveries []domain.Delivery) error {
	if len(deliveries) == 0 {
		return nil
	}
	err := s.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		for _, d := range deliveries {
			_, err := q.ExecContext(ctx, recordDelivery, string(d.ChallengeID), d.ID, string(d.Channel), d.Provider, d.Recipient,
				string(d.Status), string(d.Result), d.MessageID, d.CreatedAt, d.UpdatedAt, d.Status.Progress())
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record deliveries: %w", err)
	}
	return nil
}

const recordDelivery = `
INSERT INTO deliveries (` + sqlstore.DeliveryColumns + `, progress)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (challenge_id, id) DO UPDATE
   SET status = EXCLUDED.status, progress = EXCLUDED.progress, result = EXCLUDED.result,
       message_id = EXCLUDED.message_id, updated_at = EXCLUDED.updated_at
 WHERE deliveries.progress < EXCLUDED.progress`
