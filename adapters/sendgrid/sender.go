package sendgrid

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sendgrid/rest"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// The time that a call may take, and how long a connection is kept for the next one:
// less than their side keeps it, for a request on one that they are closing is lost
// without anybody knowing.
const (
	callTimeout = 30 * time.Second
	dialTimeout = 5 * time.Second
	keepIdle    = 30 * time.Second
)

// maxAnswer is how much of an answer is read.
const maxAnswer = 64 << 10

var _ port.CodeSender = (*Sender)(nil)

// Sender hands messages to SendGrid. It is safe for concurrent use.
type Sender struct {
	config Config
	client *rest.Client
}

func newSender(cfg Config) *Sender {
	line := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout: dialTimeout, IdleConnTimeout: keepIdle, MaxIdleConnsPerHost: 16,
		MaxResponseHeaderBytes: maxAnswer,
	}
	return &Sender{config: cfg, client: &rest.Client{HTTPClient: &http.Client{
		Timeout: callTimeout, Transport: short{line},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}}
}

// short is a line on which answers have an end. Of a message that was taken there is
// nothing more to hear.
type short struct{ *http.Transport }

// RoundTrip makes a call.
func (s short) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := s.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusAccepted {
		_ = answer.Body.Close()
		answer.Body = http.NoBody
		return answer, nil
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, maxAnswer), answer.Body}
	return answer, nil
}

// Send hands one message over. See the package for what its results mean.
func (s *Sender) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	if m.To.Kind() != domain.KindEmail {
		return port.SendOutcome{Result: domain.SendUnsupported, Err: fmt.Errorf("send through sendgrid: the recipient is a %q", m.To.Kind())}
	}
	body, err := writeLetter(m, s.config.TemplateID)
	if err != nil {
		return port.SendOutcome{Result: domain.SendRejected, Err: fmt.Errorf("write e-mail: %w", err)}
	}
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	answer, err := s.client.SendWithContext(traced, s.request(body))
	if err != nil {
		return lost(ctx, err, connected.Load())
	}
	return outcomeOf(answer)
}

// request is a fresh one for each message: the shared one of the library is changed
// by every call.
func (s *Sender) request(body []byte) rest.Request {
	return rest.Request{
		Method: rest.Post, BaseURL: strings.TrimSuffix(s.config.BaseURL, "/") + "/v3/mail/send", Body: body,
		Headers: map[string]string{
			"Authorization": "Bearer " + s.config.APIKey, "Accept": "application/json",
			"Content-Type": "application/json", "User-Agent": "doorcode",
		},
	}
}
