package port

import (
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// DeliveryReports is what a CodeSender may be able to do beside: read what its
// provider reports of messages, in answer to CodeMessage.CallbackURL or as its
// owner has set it up. The reports come to /webhooks/<provider>, which is there only
// for a sender that has this.
type DeliveryReports interface {
	// ReadReports reads one call of the provider.
	//
	// It must fail with permission_denied unless the call is signed by the provider, and at most ten
	// minutes away where the provider tells its time.
	// It must skip what it does not know, and what names no delivery of ours.
	// It must be safe for concurrent use.
	ReadReports(call WebhookCall) ([]domain.DeliveryReport, error)
}

// GETReports is a further ability of a sender with DeliveryReports: its provider reports by
// GET, with the report in the query, and /webhooks/<provider> takes GET beside POST.
type GETReports interface {
	// ReportsByGET does nothing: that it exists is what counts.
	ReportsByGET()
}

// WebhookCall is a call of a provider as it came.
type WebhookCall struct {
	Method string // POST or, for a sender with GETReports, GET
	URL    string // as the provider knows it: the public URL, with the query
	Header func(name string) string
	Body   []byte
	Now    time.Time
}
