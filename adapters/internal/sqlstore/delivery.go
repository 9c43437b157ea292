package sqlstore

import (
	"cmp"
	"slices"

	"github.com/doorcode-auth/doorcode/domain"
)

// DeliveryColumns are the columns of a Delivery.
const DeliveryColumns = `challenge_id, id, channel, provider, recipient, status, result, message_id, error_code, price, created_at, updated_at`

// CohortColumns are those of a delivery which say what its challenge counts under.
const CohortColumns = `source_id, source_category, source_channel, country`

// Delivery is a row of deliveries, without the progress, which follows from the
// status.
type Delivery struct {
	ChallengeID string `db:"challenge_id"`
	ID          string `db:"id"`
	Channel     string `db:"channel"`
	Provider    string `db:"provider"`
	Recipient   string `db:"recipient"`
	Status      string `db:"status"`
	Result      string `db:"result"`
	MessageID   string `db:"message_id"`
	ErrorCode   string `db:"error_code"`
	Price       string `db:"price"`
	CreatedAt   Time   `db:"created_at"`
	UpdatedAt   Time   `db:"updated_at"`
}

// ToDomain is the delivery of the row.
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

// RecordConflict is what Record does with a delivery that is there already, as d:
// it takes over what has more progress, and fills in what was not known. What has
// arrived comes no further in the funnel.
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

// What a report t changes in the delivery d that it names, and when it changes
// anything at all.
const (
	ReportChanges = `
   SET status     = CASE WHEN d.progress < t.progress THEN t.status ELSE d.status END,
       updated_at = CASE WHEN d.progress < t.progress THEN t.reported_at ELSE d.updated_at END,
       error_code = CASE WHEN d.error_code = '' AND d.progress <= t.progress THEN t.error_code ELSE d.error_code END,
       progress   = CASE WHEN d.progress < t.progress THEN t.progress ELSE d.progress END,
       message_id = CASE WHEN d.message_id = '' THEN t.message_id ELSE d.message_id END,
       price      = CASE WHEN d.price = '' THEN t.price ELSE d.price END,
       late       = d.late OR d.progress < 4 AND d.progress < t.progress AND t.late`

	ReportIsNews = `(
       d.progress < t.progress
    OR d.error_code = '' AND t.error_code <> '' AND d.progress <= t.progress
    OR d.message_id = '' AND t.message_id <> ''
    OR d.price = '' AND t.price <> '')`
)

// Furthest makes one of all that is to be recorded of a delivery: the one with the
// most progress, the first of equals, with what it does not tell and another does.
// It sorts: whoever writes many rows in the same order waits for others and never
// both for each other.
func Furthest(deliveries []domain.Delivery) []domain.Delivery {
	sorted := slices.Clone(deliveries)
	slices.SortStableFunc(sorted, func(a, b domain.Delivery) int {
		return cmp.Or(
			cmp.Compare(a.ChallengeID, b.ChallengeID),
			cmp.Compare(a.ID, b.ID),
			cmp.Compare(b.Status.Progress(), a.Status.Progress()),
		)
	})
	kept := sorted[:0]
	for _, d := range sorted {
		last := len(kept) - 1
		if last < 0 || kept[last].ChallengeID != d.ChallengeID || kept[last].ID != d.ID {
			kept = append(kept, d)
			continue
		}
		kept[last].Result = cmp.Or(kept[last].Result, d.Result)
		kept[last].MessageID = cmp.Or(kept[last].MessageID, d.MessageID)
	}
	return kept
}

// FurthestReports is Furthest of reports. Those that name what can be no delivery
// are not among them.
func FurthestReports(reports []domain.DeliveryReport) []domain.DeliveryReport {
	sorted := slices.DeleteFunc(slices.Clone(reports), func(r domain.DeliveryReport) bool {
		return !domain.IsUUID(string(r.ChallengeID)) || !domain.IsUUID(r.DeliveryID)
	})
	slices.SortStableFunc(sorted, func(a, b domain.DeliveryReport) int {
		return cmp.Or(
			cmp.Compare(a.ChallengeID, b.ChallengeID),
			cmp.Compare(a.DeliveryID, b.DeliveryID),
			cmp.Compare(b.Status.Progress(), a.Status.Progress()),
		)
	})
	kept := sorted[:0]
	for _, r := range sorted {
		last := len(kept) - 1
		if last < 0 || kept[last].ChallengeID != r.ChallengeID || kept[last].DeliveryID != r.DeliveryID {
			kept = append(kept, r)
			continue
		}
		kept[last].MessageID = cmp.Or(kept[last].MessageID, r.MessageID)
		kept[last].Price = cmp.Or(kept[last].Price, r.Price)
		if kept[last].Status.Progress() == r.Status.Progress() {
			kept[last].ErrorCode = cmp.Or(kept[last].ErrorCode, r.ErrorCode)
		}
	}
	return kept
}
