package port

import (
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// DeliveryReports is an optional ability of a CodeSender: it parses the delivery reports
// of its provider, which calls CodeMessage.CallbackURL or a URL configured there. Only
// providers with it have the route /webhooks/<provider>.
type DeliveryReports interface {
	// ReadReports parses one call of the provider.
	//
	// It must fail with permission_denied unless the call is signed by the provider, and at most ten
	// minutes away where the provider tells its time.
	// It must skip what it does not know, and what names no delivery of ours.
	// It must be safe for concurrent use.
	ReadReports(call WebhookCall) ([]domain.DeliveryReport, error)
}

// GETReports is an optional ability of a sender with DeliveryReports: its provider reports
// by GET, with the report in the query, and /webhooks/<provider> allows GET beside POST.
type GETReports interface {
	// ReportsByGET is a marker and does nothing.
	ReportsByGET()
}

// WebhookCall is the request of a provider.
type WebhookCall struct {
	Method string // POST or, for a sender with GETReports, GET
	URL    string // as the provider called it: the public URL with the query
	Header func(name string) string
	Body   []byte
	Now    time.Time
}
