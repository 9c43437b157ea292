package delivery

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// settleTime is how long after a refusal the next provider of the route may appear.
const settleTime = 2 * time.Second

// ShowDelivery shows the deliveries of a challenge to a client that has its id. It never
// reads the users, so that its answer cannot depend on them.
type ShowDelivery struct {
	deliveries port.Deliveries
	readers    Readers
	clock      port.Clock
	config     ShowConfig
}

// ShowConfig is the configuration of messages and codes.
type ShowConfig struct {
	Total    time.Duration // how long sending one message may take
	Lifetime time.Duration // of a code
}

// NewShowDelivery makes the use case.
func NewShowDelivery(deliveries port.Deliveries, readers Readers, clock port.Clock, config ShowConfig) *ShowDelivery {
	return &ShowDelivery{deliveries, readers, clock, config}
}

// ShowDeliveryIn names a challenge. Any text is allowed.
type ShowDeliveryIn struct{ ChallengeID domain.ChallengeID }

// ShowDeliveryOut is the state of the deliveries.
type ShowDeliveryOut struct {
	ChallengeID domain.ChallengeID
	Status      domain.DeliveryStatus // of the furthest delivery; never unknown
	Channel     domain.ChannelName    // of the furthest delivery
	Hint        string                // what to do about a failure, "" without one
	Deliveries  []ShownDelivery       // oldest first
	Final       bool                  // no change is expected before the next request for a code
}

// ShownDelivery is one delivery.
type ShownDelivery struct {
	Channel  domain.ChannelName
	Provider string
	Status   domain.DeliveryStatus
	At       time.Time // of the last change
}

// Do fails with not_found for a challenge without deliveries.
func (uc *ShowDelivery) Do(ctx context.Context, in ShowDeliveryIn) (ShowDeliveryOut, error) {
	list, err := uc.deliveries.OfChallenge(ctx, in.ChallengeID)
	if err != nil {
		return ShowDeliveryOut{}, err
	}
	if len(list) == 0 {
		return ShowDeliveryOut{}, domain.ErrDeliveryNotFound
	}
	now := uc.clock.Now()
	out := ShowDeliveryOut{ChallengeID: in.ChallengeID, Deliveries: make([]ShownDelivery, len(list))}
	furthest, last := list[0], list[0].UpdatedAt
	for i, d := range list {
		d.Status = d.StatusAt(now, uc.config.Total)
		out.Deliveries[i] = ShownDelivery{Channel: d.Channel, Provider: d.Provider, Status: d.Status, At: d.UpdatedAt}
		if i == 0 || rank(d.Status) >= rank(furthest.Status) {
			furthest = d
		}
		if d.UpdatedAt.After(last) {
			last = d.UpdatedAt
		}
	}
	out.Status, out.Channel = furthest.Status, furthest.Channel
	switch out.Status {
	case domain.DeliveryUnknown:
		out.Status = domain.DeliveryQueued
	case domain.DeliveryFailed:
		out.Hint, out.Final = uc.readers.hint(furthest), now.Sub(last) >= settleTime
	case domain.DeliveryDelivered, domain.DeliveryRead, domain.DeliveryTest:
		out.Final = true
	}
	out.Final = out.Final || !now.Before(list[0].CreatedAt.Add(uc.config.Lifetime))
	return out, nil
}

// rank orders the deliveries of one challenge: a failed one counts only when all have
// failed. Of equals the last one counts.
func rank(s domain.DeliveryStatus) int {
	if s == domain.DeliveryFailed {
		return -1
	}
	return s.Progress()
}
