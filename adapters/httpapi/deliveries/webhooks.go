package deliveries

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Bounds of a provider's call. A large call has a body over exchange.MaxBodyBytes.
const (
	maxWebhookBytes = 1 << 20
	maxLargeCalls   = 16              // at once
	largeCallWait   = 5 * time.Second // for the others to end
)

// receiveReports answers POST /webhooks/{provider}, and GET for a provider that reports so.
func (a *area) receiveReports(provider string) exchange.Handler {
	return func(c *gin.Context) error {
		body, err := a.readCall(c.Request)
		if err != nil {
			return err
		}
		out, err := a.receive.Do(c.Request.Context(), delivery.ReceiveReportsIn{
			Provider: provider,
			Call: port.WebhookCall{
				Method: c.Request.Method, URL: a.callURL(c.Request), Header: c.Request.Header.Get, Body: body,
			},
		})
		if err != nil {
			return err
		}
		exchange.Of(c).Event.Reason = noted(out)
		return exchange.NoContent(c)
	}
}

// noted is the result of a call, for the log.
func noted(out delivery.ReceiveReportsOut) string {
	if out.Reports == 0 {
		return "nothing_of_ours"
	}
	return "noted"
}

// callURL is the public URL of a request, which providers sign.
func (a *area) callURL(r *http.Request) string {
	url := a.publicURL + r.URL.Path
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		url += "?" + r.URL.RawQuery
	}
	return url
}

// readCall reads the body of a provider's call as it is. The rest of a large one is read
// while few others are in flight: any client may send them, and they stay in memory until
// their signature is verified.
func (a *area) readCall(r *http.Request) ([]byte, error) {
	if r.ContentLength > maxWebhookBytes {
		return nil, exchange.ErrCallTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, exchange.MaxBodyBytes))
	if err == nil && len(data) == exchange.MaxBodyBytes {
		if err := a.acquireLargeCall(r.Context()); err != nil {
			return nil, err
		}
		defer func() { <-a.largeCalls }()
		var rest []byte
		rest, err = io.ReadAll(io.LimitReader(r.Body, maxWebhookBytes-exchange.MaxBodyBytes+1))
		data = append(data, rest...)
	}
	if err != nil {
		return nil, exchange.ErrIncompleteBody
	}
	if len(data) > maxWebhookBytes {
		return nil, exchange.ErrCallTooLarge
	}
	return data, nil
}

func (a *area) acquireLargeCall(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, largeCallWait)
	defer cancel()
	select {
	case a.largeCalls <- struct{}{}:
		return nil
	case <-ctx.Done():
		return domain.ErrUnavailable.After(time.Minute)
	}
}
