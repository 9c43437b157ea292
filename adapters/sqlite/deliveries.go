package sqlite

import (
	"context"

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
	deliveries = sqlstore.Furthest(deliveries)
	return s.forEach(ctx, "record deliveries", recordDelivery, len(deliveries), func(i int) []any {
		d := deliveries[i]
		return []any{
			string(d.ChallengeID), d.ID, string(d.Channel), d.Provider, d.Recipient, string(d.Status), string(d.Result),
			d.MessageID, d.ErrorCode, d.Price, d.CreatedAt, d.UpdatedAt, d.Status.Progress(),
			sqlstore.IsLate(d.ChallengeID, d.UpdatedAt),
		}
	})
}

// Report implements port.Deliveries: any number of reports in one commit.
func (s *Deliveries) Report(ctx context.Context, reports []domain.DeliveryReport) error {
	reports = sqlstore.FurthestReports(reports)
	if len(reports) == 0 {
		return nil
	}
	return s.forEach(ctx, "report on deliveries", reportDelivery, len(reports), func(i int) []any {
		r := reports[i]
		return []any{
			string(r.ChallengeID), r.DeliveryID, string(r.Status), r.Status.Progress(), r.MessageID, r.ErrorCode, r.Price,
			r.At, sqlstore.IsLate(r.ChallengeID, r.At),
		}
	})
}

// forEach runs a statement n times in one commit.
func (s *Deliveries) forEach(
	ctx context.Context, operation, statement string, n int, args func(i int) []any,
) error {
	_, err := sqlstore.Write(ctx, s.db, operation, func(ctx context.Context, q sqlstore.Queryer) (int, error) {
		for i := range n {
			if _, err := q.ExecContext(ctx, statement, args(i)...); err != nil {
				return i, err
			}
		}
		return n, nil
	})
	return err
}

const recordDelivery = `
INSERT INTO deliveries AS d (` + sqlstore.DeliveryColumns + `, progress, late)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
        $14 OR COALESCE($1 < ` + sqlstore.SettledID + `, false))` + sqlstore.RecordConflict

const reportDelivery = `
UPDATE deliveries AS d` + sqlstore.ReportChanges + `
  FROM (SELECT $1 AS challenge_id, $2 AS id, $3 AS status, $4 AS progress, $5 AS message_id, $6 AS error_code,
               $7 AS price, $8 AS reported_at, $9 OR COALESCE($1 < ` + sqlstore.SettledID + `, false) AS late) AS t
 WHERE d.challenge_id = t.challenge_id AND d.id = t.id AND ` + sqlstore.ReportCondition
