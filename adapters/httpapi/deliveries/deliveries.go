// Package deliveries serves the routes of messages: their delivery status, as an answer or
// as a stream, and the reports of providers.
package deliveries

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/statusstream"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/domain"
)

type area struct {
	show       *delivery.ShowDelivery
	receive    *delivery.ReceiveReports
	streams    *statusstream.Hub
	publicURL  string        // without a slash at its end
	largeCalls chan struct{} // semaphore: one token per large call of a provider
}

// Config is what the area needs beside its use cases.
type Config struct {
	Streams     *statusstream.Hub
	PublicURL   string   // without a slash at its end
	Webhooks    []string // providers that report to /webhooks/<provider>
	GETWebhooks []string // those of them that report by GET, too
}

// Routes are the routes of the area.
func Routes(app *application.Application, cfg Config) []exchange.Route {
	const get, post = http.MethodGet, http.MethodPost
	a := &area{
		show: app.ShowDelivery, receive: app.ReceiveReports, streams: cfg.Streams,
		publicURL: cfg.PublicURL, largeCalls: make(chan struct{}, maxLargeCalls),
	}
	list := []exchange.Route{
		{Method: get, Path: "/api/auth/otp/:challenge_id/status", Handle: a.showDelivery, Access: exchange.Public},
		{Method: get, Path: "/api/auth/otp/:challenge_id/events", Handle: a.streamDelivery, Access: exchange.Public},
	}
	webhook := func(method, provider string) exchange.Route {
		return exchange.Route{
			Method: method, Path: "/webhooks/" + provider, Handle: a.receiveReports(provider), Access: exchange.Public,
			Event: "delivery_report",
		}
	}
	for _, provider := range cfg.Webhooks {
		list = append(list, webhook(post, provider))
	}
	for _, provider := range cfg.GETWebhooks {
		list = append(list, webhook(get, provider))
	}
	return list
}

// deliveryStatusBody is the delivery status of a challenge and its messages.
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
