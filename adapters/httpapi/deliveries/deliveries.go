// Package deliveries serves the routes of messages: what became of them, as an answer or
// as a stream, and the reports of providers.
package deliveries

import (
	"net/http"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/statusstream"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/application/delivery"
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
