package postgres

import (
	"context"
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
	_, err := sqlstore.WriteExec(ctx, s.db, "record deliveries", recordDeliveries, args...)
	return err
}

// Report implements port.Deliveries: any number of reports in one statement.
func (s *Deliveries) Report(ctx context.Context, reports []domain.DeliveryReport) error {
	reports = sqlstore.FurthestReports(reports)
	if len(reports) == 0 {
		return nil
	}
	_, err := sqlstore.WriteExec(ctx, s.db, "report on deliveries", reportDeliveries, reportColumns(reports)...)
	return err
}

// columns turns deliveries into one array per column: sqlstore.DeliveryColumns, progress
// and late.
func columns(deliveries []domain.Delivery) []any {
	var c arrays
	for _, d := range deliveries {
		c.add(d.Status, sqlstore.IsLate(d.ChallengeID, d.UpdatedAt), []time.Time{d.CreatedAt, d.UpdatedAt},
			string(d.ChallengeID), d.ID, string(d.Channel), d.Provider, d.Recipient,
			string(d.Status), string(d.Result), d.MessageID, d.ErrorCode, d.Price)
	}
	return c.args()
}

// reportColumns turns reports into one array per parameter of reportDeliveries.
func reportColumns(reports []domain.DeliveryReport) []any {
	var c arrays
	for _, r := range reports {
		c.add(r.Status, sqlstore.IsLate(r.ChallengeID, r.At), []time.Time{r.At},
			string(r.ChallengeID), r.DeliveryID, string(r.Status), r.MessageID, r.ErrorCode, r.Price)
	}
	return c.args()
}

// arrays are rows in column-major order: the texts, then the times, the progress and
// whether the change is late.
type arrays struct {
	texts, times []pq.StringArray
	progress     pq.Int64Array
	late         pq.BoolArray
}

// add appends a row. All rows must have the same number of texts and times.
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
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::smallint[], $14::boolean[])
    AS u (` + sqlstore.DeliveryColumns + `, progress, late)` + sqlstore.RecordConflict

// The rows are locked in order and read once they are locked: writers cannot deadlock, and
// the locked state decides whether a report changes anything.
const reportDeliveries = `
  WITH reports AS (
       SELECT challenge_id, id, status, message_id, error_code, price, reported_at, progress,
              is_late OR COALESCE(challenge_id < ` + sqlstore.SettledID + `, false) AS late
         FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
                     $8::smallint[], $9::boolean[])
           AS u (challenge_id, id, status, message_id, error_code, price, reported_at, progress, is_late)),
       news AS (
       SELECT t.*
         FROM deliveries d
         JOIN reports t ON d.challenge_id = t.challenge_id AND d.id = t.id
        WHERE ` + sqlstore.ReportCondition + `
        ORDER BY d.challenge_id, d.id
          FOR UPDATE OF d)
UPDATE deliveries d` + sqlstore.ReportChanges + `
  FROM news t
 WHERE d.challenge_id = t.challenge_id AND d.id = t.id`
