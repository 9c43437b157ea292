package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Deliveries is port.Deliveries without Record and Report, which are hot paths of the
// dialects.
type Deliveries struct{ db DB }

// NewDeliveries makes the part of the store.
func NewDeliveries(db DB) Deliveries { return Deliveries{db} }

// OfChallenge implements port.Deliveries.
func (s Deliveries) OfChallenge(ctx context.Context, id domain.ChallengeID) ([]domain.Delivery, error) {
	if !domain.IsUUID(string(id)) {
		return nil, nil
	}
	rows, err := ReadRows[Delivery](ctx, s.db, "list the deliveries of a challenge", deliveriesOfChallenge, string(id))
	if err != nil {
		return nil, err
	}
	deliveries := make([]domain.Delivery, len(rows))
	for i, row := range rows {
		deliveries[i] = row.ToDomain()
	}
	return deliveries, nil
}

// Purge implements port.Deliveries.
func (s Deliveries) Purge(ctx context.Context, before time.Time, limit int) (removed int, err error) {
	return WriteExec(ctx, s.db, "purge deliveries", purgeDeliveries, FirstUUID(before), limit)
}

// Furthest merges the records of each delivery into the one with the most progress,
// the first of equals, completed with the fields that it lacks. The result is sorted:
// writers that lock rows in the same order cannot deadlock.
func Furthest(deliveries []domain.Delivery) []domain.Delivery {
	return furthest(deliveries,
		func(d *domain.Delivery) deliveryKey { return deliveryKey{d.ChallengeID, d.ID, d.Status} },
		func(kept *domain.Delivery, next domain.Delivery) {
			kept.Result = cmp.Or(kept.Result, next.Result)
			kept.MessageID = cmp.Or(kept.MessageID, next.MessageID)
		})
}

// FurthestReports is Furthest for reports, without those whose ids are not UUIDs.
func FurthestReports(reports []domain.DeliveryReport) []domain.DeliveryReport {
	reports = slices.DeleteFunc(slices.Clone(reports), func(r domain.DeliveryReport) bool {
		return !domain.IsUUID(string(r.ChallengeID)) || !domain.IsUUID(r.DeliveryID)
	})
	return furthest(reports,
		func(r *domain.DeliveryReport) deliveryKey { return deliveryKey{r.ChallengeID, r.DeliveryID, r.Status} },
		func(kept *domain.DeliveryReport, next domain.DeliveryReport) {
			kept.MessageID = cmp.Or(kept.MessageID, next.MessageID)
			kept.Price = cmp.Or(kept.Price, next.Price)
			if kept.Status.Progress() == next.Status.Progress() {
				kept.ErrorCode = cmp.Or(kept.ErrorCode, next.ErrorCode)
			}
		})
}

// deliveryKey names a delivery and its status.
type deliveryKey struct {
	challengeID domain.ChallengeID
	id          string
	status      domain.DeliveryStatus
}

func furthest[T any](all []T, keyOf func(*T) deliveryKey, merge func(kept *T, next T)) []T {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b T) int {
		x, y := keyOf(&a), keyOf(&b)
		return cmp.Or(
			cmp.Compare(x.challengeID, y.challengeID),
			cmp.Compare(x.id, y.id),
			cmp.Compare(y.status.Progress(), x.status.Progress()),
		)
	})
	kept := sorted[:0]
	for i := range sorted {
		next := sorted[i]
		if last := len(kept) - 1; last >= 0 {
			if x, y := keyOf(&kept[last]), keyOf(&next); x.challengeID == y.challengeID && x.id == y.id {
				merge(&kept[last], next)
				continue
			}
		}
		kept = append(kept, next)
	}
	return kept
}

// Delivery is a row of deliveries, without the progress, which follows from the status.
type Delivery struct {
	ChallengeID string
	ID          string
	Channel     string
	Provider    string
	Recipient   string
	Status      string
	Result      string
	MessageID   string
	ErrorCode   string
	Price       string
	CreatedAt   Time
	UpdatedAt   Time
}

// Columns are the scan targets of DeliveryColumns.
func (r *Delivery) Columns() []any {
	return []any{
		&r.ChallengeID, &r.ID, &r.Channel, &r.Provider, &r.Recipient, &r.Status, &r.Result, &r.MessageID, &r.ErrorCode,
		&r.Price, &r.CreatedAt, &r.UpdatedAt,
	}
}

// ToDomain maps the row to a delivery.
func (r Delivery) ToDomain() domain.Delivery {
	return domain.Delivery{
		ChallengeID: domain.ChallengeID(r.ChallengeID),
		ID:          r.ID,
		Channel:     domain.ChannelName(r.Channel),
		Provider:    r.Provider,
		Recipient:   r.Recipient,
		Status:      domain.DeliveryStatus(r.Status),
		Result:      domain.SendResult(r.Result),
		MessageID:   r.MessageID,
		ErrorCode:   r.ErrorCode,
		Price:       r.Price,
		CreatedAt:   r.CreatedAt.Time,
		UpdatedAt:   r.UpdatedAt.Time,
	}
}

const (
	// DeliveryColumns are the columns of a Delivery.
	DeliveryColumns = `challenge_id, id, channel, provider, recipient, status, result, message_id, error_code, price,
	created_at, updated_at`

	// CohortColumns are the columns of a delivery with the cohort of its challenge.
	CohortColumns = `source_id, source_category, source_channel, country`
)

const deliveriesOfChallenge = `
SELECT ` + DeliveryColumns + `
  FROM deliveries
 WHERE challenge_id = $1
 ORDER BY created_at, id`

// A challenge with late changes is kept until the next run of the funnel, which reads
// its first delivery.
const purgeDeliveries = `
DELETE FROM deliveries
 WHERE (challenge_id, id) IN (
       SELECT challenge_id, id
         FROM deliveries
        WHERE challenge_id < $1
          AND challenge_id NOT IN (SELECT challenge_id FROM deliveries WHERE late)
        ORDER BY challenge_id
        LIMIT $2)`

// RecordConflict is how Record updates a delivery d that exists: with the record that
// has more progress, and with fields that were unknown. A delivery that has arrived
// cannot get any further in the funnel and is never marked late.
const RecordConflict = `
    ON CONFLICT (challenge_id, id) DO UPDATE
   SET status     = CASE WHEN d.progress < EXCLUDED.progress THEN EXCLUDED.status ELSE d.status END,
       progress   = CASE WHEN d.progress < EXCLUDED.progress THEN EXCLUDED.progress ELSE d.progress END,
       updated_at = CASE WHEN d.progress < EXCLUDED.progress THEN EXCLUDED.updated_at ELSE d.updated_at END,
       result     = CASE WHEN EXCLUDED.result <> '' AND (d.result = '' OR d.progress < EXCLUDED.progress)
                         THEN EXCLUDED.result ELSE d.result END,
       message_id = CASE WHEN EXCLUDED.message_id <> '' AND (d.message_id = '' OR d.progress < EXCLUDED.progress)
                         THEN EXCLUDED.message_id ELSE d.message_id END,
       late       = d.late OR d.progress < 4 AND d.progress < EXCLUDED.progress AND EXCLUDED.late
 WHERE d.progress < EXCLUDED.progress
    OR d.result = '' AND EXCLUDED.result <> ''
    OR d.message_id = '' AND EXCLUDED.message_id <> ''`

const (
	// ReportChanges are the changes of a report t to its delivery d.
	ReportChanges = `
   SET status     = CASE WHEN d.progress < t.progress THEN t.status ELSE d.status END,
       updated_at = CASE WHEN d.progress < t.progress THEN t.reported_at ELSE d.updated_at END,
       error_code = CASE WHEN d.error_code = '' AND d.progress <= t.progress THEN t.error_code ELSE d.error_code END,
       progress   = CASE WHEN d.progress < t.progress THEN t.progress ELSE d.progress END,
       message_id = CASE WHEN d.message_id = '' THEN t.message_id ELSE d.message_id END,
       price      = CASE WHEN d.price = '' THEN t.price ELSE d.price END,
       late       = d.late OR d.progress < 4 AND d.progress < t.progress AND t.late`

	// ReportCondition: the report t changes anything in its delivery d.
	ReportCondition = `(
       d.progress < t.progress
    OR d.error_code = '' AND t.error_code <> '' AND d.progress <= t.progress
    OR d.message_id = '' AND t.message_id <> ''
    OR d.price = '' AND t.price <> '')`
)
