package sqlstore

import (
	"cmp"
	"slices"

	"github.com/doorcode-auth/doorcode/domain"
)

// DeliveryColumns are the columns of a Delivery.
const DeliveryColumns = `challenge_id, id, channel, provider, recipient, status, result, message_id, created_at, updated_at`

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
		CreatedAt:   r.CreatedAt.Time,
		UpdatedAt:   r.UpdatedAt.Time,
	}
}

// Furthest keeps of each delivery only the report with the most progress, the
// first of equals. It sorts: whoever writes many rows in the same order waits
// for others and never both for each other.
func Furthest(deliveries []domain.Delivery) []domain.Delivery {
	sorted := slices.Clone(deliveries)
	slices.SortStableFunc(sorted, func(a, b domain.Delivery) int {
		return cmp.Or(
			cmp.Compare(a.ChallengeID, b.ChallengeID),
			cmp.Compare(a.ID, b.ID),
			cmp.Compare(b.Status.Progress(), a.Status.Progress()),
		)
	})
	return slices.CompactFunc(sorted, func(a, b domain.Delivery) bool {
		return a.ChallengeID == b.ChallengeID && a.ID == b.ID
	})
}
