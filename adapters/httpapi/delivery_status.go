package httpapi

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

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
func (a *API) showDelivery(c *gin.Context) error {
	out, err := a.lookAtDelivery(c.Request.Context(), domain.ChallengeID(c.Param("challenge_id")))
	if err != nil {
		return err
	}
	return answer(c, newDeliveryStatusBody(out))
}

func (a *API) lookAtDelivery(ctx context.Context, id domain.ChallengeID) (delivery.ShowDeliveryOut, error) {
	return a.app.ShowDelivery.Do(ctx, delivery.ShowDeliveryIn{ChallengeID: id})
}
