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

// What a call of a provider may take: bytes, how many that are larger than other
// bodies at once, and how long such a one waits for its turn.
const (
	maxWebhookBytes = 1 << 20
	maxLargeCalls   = 16
	largeCallWait   = 5 * time.Second
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

// noted is what became of a call, for the log.
func noted(out delivery.ReceiveReportsOut) string {
	if out.Reports == 0 {
		return "nothing_of_ours"
	}
	return "noted"
}

// callURL is the URL of a request as its client knows it.
func (a *area) callURL(r *http.Request) string {
	url := a.publicURL + r.URL.Path
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		url += "?" + r.URL.RawQuery
	}
	return url
}

// readCall reads the body of a provider's call as it is. One that is larger than any
// other body may be waits until few such are under way: everybody may send them, and
// they stay in memory until their signature has been looked at.
func (a *area) readCall(r *http.Request) ([]byte, error) {
	if r.ContentLength > maxWebhookBytes {
		return nil, exchange.ErrCallTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, exchange.MaxBodyBytes))
	if err == nil && len(data) == exchange.MaxBodyBytes {
		if err := a.awaitLargeCall(r.Context()); err != nil {
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

func (a *area) awaitLargeCall(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, largeCallWait)
	defer cancel()
	select {
	case a.largeCalls <- struct{}{}:
		return nil
	case <-ctx.Done():
		return domain.ErrUnavailable.After(time.Minute)
	}
}
