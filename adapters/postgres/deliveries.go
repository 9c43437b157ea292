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

// Report implements port.Deliveries: any number of reports in one statement.
func (s *Deliveries) Report(ctx context.Context, reports []domain.DeliveryReport) error {
	reports = sqlstore.FurthestReports(reports)
	if len(reports) == 0 {
		return nil
	}
	args := reportColumns(reports)
	err := s.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		_, err := q.ExecContext(ctx, reportDeliveries, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("report on deliveries: %w", err)
	}
	return nil
}

// columns turns deliveries into one array a column, in the order of
// sqlstore.DeliveryColumns, progress and late.
func columns(deliveries []domain.Delivery) []any {
	var c arrays
	for _, d := range deliveries {
		c.add(d.Status, sqlstore.IsLate(d.ChallengeID, d.UpdatedAt), []time.Time{d.CreatedAt, d.UpdatedAt},
			string(d.ChallengeID), d.ID, string(d.Channel), d.Provider, d.Recipient,
			string(d.Status), string(d.Result), d.MessageID, d.ErrorCode, d.Price)
	}
	return c.args()
}

// reportColumns turns reports into one array a column, in the order in which
// reportDeliveries names them.
func reportColumns(reports []domain.DeliveryReport) []any {
	var c arrays
	for _, r := range reports {
		c.add(r.Status, sqlstore.IsLate(r.ChallengeID, r.At), []time.Time{r.At},
			string(r.ChallengeID), r.DeliveryID, string(r.Status), r.MessageID, r.ErrorCode, r.Price)
	}
	return c.args()
}

// arrays are rows, column by column: the texts, then the times, then the progress
// and whether it is late.
type arrays struct {
	texts, times []pq.StringArray
	progress     pq.Int64Array
	late         pq.BoolArray
}

// add adds one row. Each row must have as many texts and times as the first.
func (c *arrays) add(status domain.DeliveryStatus, late bool, times []time.Time, texts ...string) {
	if c.texts == nil {
		c.texts, c.times = make([]pq.StringArray, len(texts)), make([]pq.StringArray, len(times))
	}
	for i, text := range texts {
		c.texts[i] = append(c.texts[i], text)
	}
	for i, at := range times {
		c.times[i] = append(c.times[i], at.Format(time.RFC3339Nano))
	}
	c.progress = append(c.progress, int64(status.Progress()))
	c.late = append(c.late, late)
}

func (c *arrays) args() []any {
	var args []any
	for _, column := range append(c.texts, c.times...) {
		args = append(args, column)
	}
	return append(args, c.progress, c.late)
}

const recordDeliveries = `
INSERT INTO deliveries AS d (` + sqlstore.DeliveryColumns + `, progress, late)
SELECT ` + sqlstore.DeliveryColumns + `, progress, late OR COALESCE(challenge_id < ` + sqlstore.SettledID + `, false)
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
              $11::timestamptz[], $12::timestamptz[], $13::smallint[], $14::boolean[])
    AS u (` + sqlstore.DeliveryColumns + `, progress, late)` + sqlstore.RecordConflict

// The rows are locked in order, and looked at once they are locked: no two writers
// wait for each other, and what is news is decided by what is there by then.
const reportDeliveries = `
  WITH told AS (
       SELECT challenge_id, id, status, message_id, error_code, price, reported_at, progress,
              told_late OR COALESCE(challenge_id < ` + sqlstore.SettledID + `, false) AS late
         FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::smallint[],
                     $9::boolean[])
           AS u (challenge_id, id, status, message_id, error_code, price, reported_at, progress, told_late)),
       news AS (
       SELECT t.*
         FROM deliveries d
         JOIN told t ON d.challenge_id = t.challenge_id AND d.id = t.id
        WHERE ` + sqlstore.ReportIsNews + `
        ORDER BY d.challenge_id, d.id
          FOR UPDATE OF d)
UPDATE deliveries d` + sqlstore.ReportChanges + `
  FROM news t
 WHERE d.challenge_id = t.challenge_id AND d.id = t.id`
