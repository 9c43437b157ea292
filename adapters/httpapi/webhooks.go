package httpapi

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

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

// takeReports answers POST /webhooks/{provider}, and GET for a provider that reports so.
func (a *API) takeReports(provider string) func(*gin.Context) error {
	return func(c *gin.Context) error {
		body, err := a.readCall(c.Request)
		if err != nil {
			return err
		}
		out, err := a.app.ReceiveReports.Do(c.Request.Context(), delivery.ReceiveReportsIn{
			Provider: provider,
			Call: port.WebhookCall{
				Method: c.Request.Method, URL: a.publicURL(c.Request), Header: c.Request.Header.Get, Body: body,
			},
		})
		if err != nil {
			return err
		}
		exchangeOf(c).event.reason = noted(out)
		return noContent(c)
	}
}

// noted is what became of a call, for the log.
func noted(out delivery.ReceiveReportsOut) string {
	if out.Reports == 0 {
		return "nothing_of_ours"
	}
	return "noted"
}

// publicURL is the URL of a request as its client knows it.
func (a *API) publicURL(r *http.Request) string {
	url := a.publicBase + r.URL.Path
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		url += "?" + r.URL.RawQuery
	}
	return url
}

// readCall reads the body of a provider's call as it is. One that is larger than any
// other body may be waits until few such are under way: everybody may send them, and
// they stay in memory until their signature has been looked at.
func (a *API) readCall(r *http.Request) ([]byte, error) {
	if r.ContentLength > maxWebhookBytes {
		return nil, errCallTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBodyBytes))
	if err == nil && len(data) == maxBodyBytes {
		if err := a.awaitLargeCall(r.Context()); err != nil {
			return nil, err
		}
		defer func() { <-a.largeCalls }()
		var rest []byte
		rest, err = io.ReadAll(io.LimitReader(r.Body, maxWebhookBytes-maxBodyBytes+1))
		data = append(data, rest...)
	}
	if err != nil {
		return nil, badMembers{{Detail: "Must arrive whole and in time"}}
	}
	if len(data) > maxWebhookBytes {
		return nil, errCallTooLarge
	}
	return data, nil
}

func (a *API) awaitLargeCall(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, largeCallWait)
	defer cancel()
	select {
	case a.largeCalls <- struct{}{}:
		return nil
	case <-ctx.Done():
		return domain.ErrUnavailable.After(time.Minute)
	}
}
