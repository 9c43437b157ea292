package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/domain"
)

// Deliveries implements port.Deliveries.
type Deliveries struct {
	sqlstore.Deliveries
	db *DB
}

// Record implements port.Deliveries: any number of deliveries in one statement.
func (s *Deliveries) Record(ctx context.Context, deliveries []domain.Delivery) error {
	if len(deliveries) == 0 {
		return nil
	}
	args := columns(sqlstore.Furthest(deliveries))
	err := s.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		_, err := q.ExecContext(ctx, recordDeliveries, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("record deliveries: %w", err)
	}
	return nil
}

// columns turns deliveries into one array a column, in the order of
// sqlstore.DeliveryColumns and progress.
func columns(deliveries []domain.Delivery) []any {
	n := len(deliveries)
	texts := make([]pq.StringArray, 8)
	for i := range texts {
		texts[i] = make(pq.StringArray, n)
	}
	createdAt, updatedAt := make(pq.StringArray, n), make(pq.StringArray, n)
	progress := make(pq.Int64Array, n)
	for i, d := range deliveries {
		for column, value := range []string{
			string(d.ChallengeID), d.ID, string(d.Channel), d.Provider, d.Recipient,
			string(d.Status), string(d.Result), d.MessageID,
		} {
			texts[column][i] = value
		}
		createdAt[i], updatedAt[i] = d.CreatedAt.Format(time.RFC3339Nano), d.UpdatedAt.Format(time.RFC3339Nano)
		progress[i] = int64(d.Status.Progress())
	}
	args := make([]any, 0, len(texts)+3)
	for _, column := range texts {
		args = append(args, column)
	}
	return append(args, createdAt, updatedAt, progress)
}

const recordDeliveries = `
INSERT INTO deliveries AS d (` + sqlstore.DeliveryColumns + `, progress)
SELECT *
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::timestamptz[], $10::timestamptz[], $11::smallint[])
    ON CONFLICT (challenge_id, id) DO UPDATE
   SET status = EXCLUDED.status, progress = EXCLUDED.progress, result = EXCLUDED.result,
       message_id = EXCLUDED.message_id, updated_at = EXCLUDED.updated_at
 WHERE d.progress < EXCLUDED.progress`
