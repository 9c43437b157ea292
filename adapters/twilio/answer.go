package twilio

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twilio/twilio-go/client"
	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// answer is what came back of one request.
type answer struct {
	connected  bool  // there was a connection, so anything may have been taken
	err        error // of the connection; may quote the provider once there is one
	late       bool  // the time was over
	status     int   // 0 for none
	whole      bool  // it was read to its end, or, where the status decides, as far as is ever read
	retryAfter time.Duration
	said       said
	sid        string // of the message, as the client library reads it
}

// said is what the body of an answer says, as far as it matters. Refusals and messages
// have other members, and proxies answer with neither.
type said struct {
	code  int    // 0 for none
	state string // of a message: "queued"
	sid   string // of a message, "" where it is none of Twilio's
}

// read takes a body apart as far as it can be. Numbers may come as text. The client
// library reads a message as a whole or not at all, so one member of another type, such
// as a price, would make an unknown outcome of a message that is on its way.
func read(body []byte) said {
	var told struct {
		Code      json.RawMessage `json:"code"`
		ErrorCode json.RawMessage `json:"error_code"`
		Status    json.RawMessage `json:"status"`
		SID       json.RawMessage `json:"sid"`
	}
	if json.Unmarshal(body, &told) != nil {
		return said{}
	}
	number := func(raw json.RawMessage) int {
		n, err := strconv.Atoi(strings.Trim(string(raw), `"`))
		if err != nil {
			return 0
		}
		return n
	}
	s := said{code: cmp.Or(number(told.ErrorCode), number(told.Code))}
	_ = json.Unmarshal(told.Status, &s.state) // a refusal has a number there
	if json.Unmarshal(told.SID, &s.sid) != nil || !messageSID.MatchString(s.sid) {
		s.sid = ""
	}
	return s
}

// outcome is what an answer means. Twilio's own words are in none: it quotes
// numbers and messages.
func (a answer) outcome() port.SendOutcome {
	switch {
	case a.status == 0 && !a.connected:
		return port.SendOutcome{Result: domain.SendUnreachable, Err: fmt.Errorf("connect to twilio: %w", a.err)}
	case !a.whole && a.late:
		return port.SendOutcome{
			Result: domain.SendTimeout,
			Err:    errors.New("twilio did not answer in time: the message may have been sent"),
		}
	case a.status == 0:
		return unknown("the connection to twilio broke after the request: the message may have been sent")
	case !a.whole:
		return unknown("the answer of twilio, status %d, has no end: the message may have been sent", a.status)
	case a.status/100 == 2:
		return a.taken()
	case definite(a.status):
		return a.refused()
	default:
		return unknown("twilio answered %d: the message may have been sent", a.status)
	}
}

// definite reports whether a status says that the message was surely not taken,
// whatever else the answer says.
func definite(status int) bool { return status/100 == 4 || status == http.StatusServiceUnavailable }

func unknown(format string, args ...any) port.SendOutcome {
	return port.SendOutcome{Result: domain.SendUnknown, Err: fmt.Errorf(format, args...)}
}

// taken is what a 2xx means: not always that the message is on its way.
func (a answer) taken() port.SendOutcome {
	var out port.SendOutcome
	switch failed := reportedStatus[a.said.state] == domain.DeliveryFailed; {
	case a.said.code != 0:
		out = a.refused()
	case failed:
		out = port.SendOutcome{
			Result: domain.SendRejected,
			Err:    fmt.Errorf("twilio answered %d: the message has failed, without a reason", a.status),
		}
	case a.sid == "" && a.said.sid == "":
		out = unknown("twilio answered %d with what is no message: it may have been sent", a.status)
	default:
		out.Result = domain.SendAccepted
	}
	out.MessageID = a.said.sid
	return out
}

// refused is what a refusal means: what its code says, else what its status says.
func (a answer) refused() port.SendOutcome {
	m := meaningOf(a.status, a.said.code)
	out := port.SendOutcome{Result: m.result}
	if m.result == domain.SendRateLimited {
		out.RetryAfter = a.retryAfter
	}
	if a.said.code != 0 {
		out.Err = fmt.Errorf("twilio answered %d, error %d: %s: %s", a.status, a.said.code, m.problem, m.cure)
	} else {
		out.Err = fmt.Errorf("twilio answered %d: %s: %s", a.status, m.problem, m.cure)
	}
	return out
}

// retriable reports whether the message was surely not taken, for a reason that
// may pass by itself.
func (a answer) retriable() bool {
	switch {
	case a.status == 0:
		return !a.connected
	case !a.whole:
		return false
	default:
		return a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable
	}
}

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
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { trip.connected.Store(true) }}
	trip.ctx = httptrace.WithClientTrace(ctx, trace)
	twilio := &client.Client{
		Credentials: client.NewCredentials(l.config.AccountSID, l.config.AuthToken),
		HTTPClient: &http.Client{
			Transport:     trip,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
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
