package deliveries

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/statusstream"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/domain"
)

// deliveryStatusBody is what became of the messages of a challenge.
type deliveryStatusBody struct {
	ChallengeID domain.ChallengeID    `json:"challenge_id"`
	Status      domain.DeliveryStatus `json:"status"`
	Channel     domain.ChannelName    `json:"channel"`
	Hint        string                `json:"hint,omitempty"`
	Deliveries  []deliveryBody        `json:"deliveries"`
}

type deliveryBody struct {
	Channel  domain.ChannelName    `json:"channel"`
	Provider string                `json:"provider,omitempty"`
	Status   domain.DeliveryStatus `json:"status"`
	At       time.Time             `json:"at"`
}

func newDeliveryStatusBody(out delivery.ShowDeliveryOut) deliveryStatusBody {
	body := deliveryStatusBody{
		ChallengeID: out.ChallengeID, Status: out.Status, Channel: out.Channel, Hint: out.Hint,
		Deliveries: make([]deliveryBody, len(out.Deliveries)),
	}
	for i, d := range out.Deliveries {
		body.Deliveries[i] = deliveryBody{Channel: d.Channel, Provider: d.Provider, Status: d.Status, At: d.At.UTC()}
	}
	return body
}

// showDelivery answers GET /api/auth/otp/{challenge_id}/status.
func (a *area) showDelivery(c *gin.Context) error {
	out, err := a.show.Do(c.Request.Context(), delivery.ShowDeliveryIn{ChallengeID: challengeID(c)})
	if err != nil {
		return err
	}
	return exchange.Answer(c, newDeliveryStatusBody(out))
}

// streamDelivery answers GET /api/auth/otp/{challenge_id}/events.
func (a *area) streamDelivery(c *gin.Context) error {
	return a.streams.Serve(c.Writer, c.Request, challengeID(c), exchange.Of(c).Client)
}

func challengeID(c *gin.Context) domain.ChallengeID {
	return domain.ChallengeID(c.Param("challenge_id"))
}

// NewStreams makes the hub of the streams of events.
func NewStreams(show *delivery.ShowDelivery) *statusstream.Hub {
	return statusstream.New(func(ctx context.Context, id domain.ChallengeID) (state statusstream.State, err error) {
		err = exchange.Guarded(func() error {
			out, err := show.Do(ctx, delivery.ShowDeliveryIn{ChallengeID: id})
			if err != nil {
				return err
			}
			body, err := json.Marshal(newDeliveryStatusBody(out))
			state = statusstream.State{Body: string(body), Final: out.Final}
			return err
		})
		return state, err
	})
}
