package pager

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Config is the section acme of the configuration.
type Config struct {
	URL    string `yaml:"url" doc:"Where the API of Acme is. Without it there is no channel pager."`
	APIKey string `yaml:"api_key" secret:"true" doc:"The key of the account."`
}

// Provider plugs the channel pager in.
var Provider = port.NewProvider("acme", Config{}, func(_ context.Context, cfg Config) ([]port.ChannelSender, error) {
	if cfg.URL == "" {
		return nil, nil // not set up: no channel, and no mistake
	}
	if cfg.APIKey == "" {
		return nil, errors.New("set acme.api_key, or take acme.url out")
	}
	return []port.ChannelSender{{
		Channel: domain.Channel{Name: "pager", Kind: domain.KindPhone},
		Sender:  &Sender{config: cfg, client: &http.Client{CheckRedirect: noRedirect}},
	}}, nil
})

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Sender hands messages to Acme. It is safe for concurrent use.
type Sender struct {
	config Config
	client *http.Client // without a timeout: ctx has one
}

// page is what Acme takes, accepted what it answers with 202.
type (
	page struct {
		To        string `json:"to"`
		Text      string `json:"text"`
		Reference string `json:"reference"`
	}
	accepted struct {
		ID string `json:"id"`
	}
)

// Send implements port.CodeSender.
func (s *Sender) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	text, err := m.Compose()
	if err != nil {
		return refused(domain.SendRejected, err)
	}
	body, err := json.Marshal(page{To: m.To.Value(), Text: text.Body, Reference: m.DeliveryID})
	if err != nil {
		return refused(domain.SendRejected, err)
	}
	var connected atomic.Bool // from here on Acme may have the message
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	request, err := http.NewRequestWithContext(
		httptrace.WithClientTrace(ctx, trace), http.MethodPost, strings.TrimRight(s.config.URL, "/")+"/v1/pages", bytes.NewReader(body))
	if err != nil {
		return refused(domain.SendRejected, err)
	}
	request.Header.Set("Authorization", "Bearer "+s.config.APIKey)
	request.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(request)
	switch {
	case err == nil:
		defer response.Body.Close()
		return outcomeOf(response)
	case !connected.Load():
		return refused(domain.SendUnreachable, err)
	case ctx.Err() != nil:
		return refused(domain.SendTimeout, err)
	default:
		return refused(domain.SendUnknown, err)
	}
}

// outcomeOf says what an answer means. Its body is never quoted: it may have the
// message in it, and so the code.
func outcomeOf(r *http.Response) port.SendOutcome {
	out := port.SendOutcome{Err: fmt.Errorf("page by acme: status %d", r.StatusCode)}
	switch r.StatusCode {
	case http.StatusAccepted:
		var answer accepted
		if err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&answer); err != nil || answer.ID == "" {
			out.Result, out.Err = domain.SendUnknown, errors.New("page by acme: a 202 without an id")
			return out
		}
		return port.SendOutcome{Result: domain.SendAccepted, MessageID: answer.ID}
	case http.StatusUnauthorized, http.StatusForbidden:
		out.Result = domain.SendAuthenticationFailed
	case http.StatusNotFound:
		out.Result = domain.SendInvalidRecipient // nobody has a pager with this number
	case http.StatusBadRequest:
		out.Result = domain.SendRejected
	case http.StatusTooManyRequests:
		out.Result = domain.SendRateLimited
		if seconds, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil && seconds > 0 {
			out.RetryAfter = time.Duration(seconds) * time.Second
		}
	default:
		out.Result = domain.SendUnknown
	}
	return out
}

func refused(result domain.SendResult, err error) port.SendOutcome {
	return port.SendOutcome{Result: result, Err: fmt.Errorf("page by acme: %w", err)}
}
