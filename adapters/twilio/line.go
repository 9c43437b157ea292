package twilio

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/twilio/twilio-go/client"
	openapi "github.com/twilio/twilio-go/rest/api/v2010"
)

// What a connection may take, and what is read of an answer: Twilio's have 2 KB.
const (
	connectTime = 10 * time.Second
	idleTime    = 30 * time.Second // short, so that few messages meet one that is being closed
	idleConns   = 2 * 64           // as many as may be under way by SMS and by WhatsApp
	maxAnswer   = 64 << 10
)

// line is the way to Twilio that all channels share.
type line struct {
	config    Config
	base      *url.URL // nil for Twilio's own
	transport http.RoundTripper
	log       *slog.Logger // nil for none
}

func newLine(cfg Config, base *url.URL, log *slog.Logger) *line {
	return &line{config: cfg, base: base, log: log, transport: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: connectTime, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    connectTime,
		IdleConnTimeout:        idleTime,
		MaxIdleConns:           idleConns,
		MaxIdleConnsPerHost:    idleConns,
		MaxResponseHeaderBytes: maxAnswer,
		ForceAttemptHTTP2:      true,
	}}
}

// call makes one request, in the time that one may take.
func (l *line) call(ctx context.Context, params *openapi.CreateMessageParams) answer {
	ctx, cancel := context.WithTimeout(ctx, l.config.RequestTimeout)
	defer cancel()
	trip := &trip{base: l.base, next: l.transport}
	trip.ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { trip.connected.Store(true) }})
	twilio := &client.Client{
		Credentials: client.NewCredentials(l.config.AccountSID, l.config.AuthToken),
		HTTPClient:  &http.Client{Transport: trip, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	twilio.SetAccountSid(l.config.AccountSID)
	// Not the library's own constructor, which asks the environment for edge and region.
	handler := &client.RequestHandler{Client: twilio, Edge: l.config.Edge, Region: l.config.Region}
	message, err := openapi.NewApiService(handler).CreateMessage(params)
	a := trip.answer()
	a.late = ctx.Err() != nil
	if err == nil && message.Sid != nil {
		a.sid = *message.Sid
	}
	return a
}

// trip is the way of one request. The client library knows neither contexts nor
// other hosts, and it closes no refusal: this does it for it, and keeps what came
// back, which the library tells only in part.
type trip struct {
	ctx       context.Context // of this one request; the library has no parameter for it
	base      *url.URL
	next      http.RoundTripper
	connected atomic.Bool
	status    int
	header    http.Header
	body      []byte
	whole     bool
	err       error
}

// RoundTrip carries the request out and takes in the whole answer.
func (t *trip) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(t.ctx)
	if t.base != nil {
		r.URL.Scheme, r.URL.Host, r.URL.Path, r.Host = t.base.Scheme, t.base.Host, t.base.Path+r.URL.Path, ""
	}
	res, err := t.next.RoundTrip(r)
	if err != nil {
		t.err = err
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	t.whole = err == nil && (len(body) <= maxAnswer || definite(res.StatusCode)) // of a refusal the status is enough
	t.status, t.header, t.body = res.StatusCode, res.Header, body
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

func (t *trip) answer() answer {
	a := answer{connected: t.connected.Load(), status: t.status, whole: t.whole, err: t.err}
	if t.status != 0 {
		a.retryAfter = retryAfter(t.header)
		a.said = read(t.body)
	}
	return a
}
