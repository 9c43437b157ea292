package delivery

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// settleTime is how long after a refusal the next provider of the route may still
// come into sight.
const settleTime = 2 * time.Second

// ShowDelivery tells what became of the messages of a challenge, to whoever holds its
// id. It reads nothing of people: what is told of somebody who is unknown, or
// disabled, is what is told of everybody.
type ShowDelivery struct {
	deliveries port.Deliveries
	readers    Readers
	clock      port.Clock
	config     ShowConfig
}

// ShowConfig is how long things take.
type ShowConfig struct {
	Total    time.Duration // how long one message may be under way to its provider
	Lifetime time.Duration // of a code
}

// NewShowDelivery makes the use case.
func NewShowDelivery(deliveries port.Deliveries, readers Readers, clock port.Clock, config ShowConfig) *ShowDelivery {
	return &ShowDelivery{deliveries, readers, clock, config}
}

// ShowDeliveryIn names a challenge. Any text may be an id.
type ShowDeliveryIn struct{ ChallengeID domain.ChallengeID }

// ShowDeliveryOut is what is known.
type ShowDeliveryOut struct {
	ChallengeID domain.ChallengeID
	Status      domain.DeliveryStatus // the furthest; never unknown
	Channel     domain.ChannelName    // of the message that came furthest
	Hint        string                // what to do about a failure, "" if there is none
	Deliveries  []ShownDelivery       // oldest first
	Over        bool                  // nothing more is to be expected before another message is asked for
}

// ShownDelivery is one message.
type ShownDelivery struct {
	Channel  domain.ChannelName
	Provider string
	Status   domain.DeliveryStatus
	At       time.Time // since when
}

// Do fails with not_found where nothing is known of such a challenge.
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
		if i == 0 || hope(d.Status) >= hope(furthest.Status) {
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
		out.Hint, out.Over = uc.readers.hint(furthest), now.Sub(last) >= settleTime
	case domain.DeliveryDelivered, domain.DeliveryRead, domain.DeliveryTest:
		out.Over = true
	}
	out.Over = out.Over || !now.Before(list[0].CreatedAt.Add(uc.config.Lifetime))
	return out, nil
}

// hope orders the messages of one challenge: one that has failed counts only where no
// other is under way or further. Of equals the last one counts.
func hope(s domain.DeliveryStatus) int {
	if s == domain.DeliveryFailed {
		return -1
	}
	return s.Progress()
}
