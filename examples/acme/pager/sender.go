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
	URL       string `yaml:"url" doc:"Where the API of Acme is. Without it there is no channel pager."`
	APIKey    string `yaml:"api_key" secret:"true" doc:"The key of the account."`
	From      string `yaml:"from" doc:"The phone number that pages are from."`
	ReportKey string `yaml:"report_key" secret:"true" doc:"Key of Acme's reports. It opens /webhooks/acme."`
}

// PhoneNumbers are the numbers that pages are from: without phone.countries, codes go to
// their countries alone.
func (c *Config) PhoneNumbers() []string { return []string{c.From} }

// Provider registers the channel pager.
var Provider = port.NewProvider("acme", Config{}, open).For("pager")

func open(_ context.Context, cfg Config) ([]port.ChannelSender, error) {
	if cfg.URL == "" {
		return nil, nil // not configured: no channel, and no error
	}
	if cfg.APIKey == "" {
		return nil, errors.New("set acme.api_key, or take acme.url out")
	}
	plain := &Sender{config: cfg, client: &http.Client{CheckRedirect: noRedirect}}
	var sender port.CodeSender = plain
	if cfg.ReportKey != "" {
		sender = &ReportingSender{plain}
	}
	channel := domain.Channel{Name: "pager", Kind: domain.KindPhone}
	return []port.ChannelSender{{Channel: channel, Sender: sender}}, nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Sender sends messages by Acme. It is safe for concurrent use.
type Sender struct {
	config Config
	client *http.Client // without a timeout: ctx has one
}

// page is the request, accepted the answer with 202.
type (
	page struct {
		To        string `json:"to"`
		Text      string `json:"text"`
		Encoding  string `json:"encoding"`
		Reference string `json:"reference"`
		ReportTo  string `json:"report_to,omitempty"`
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
	body, err := json.Marshal(page{
		To: m.To.Value(), Text: text.Body, Encoding: string(domain.MeasureSMS(text.Body).Alphabet),
		Reference: string(m.ChallengeID) + "/" + m.DeliveryID, ReportTo: m.CallbackURL,
	})
	if err != nil {
		return refused(domain.SendRejected, err)
	}
	var connected atomic.Bool // from here on Acme may have the message
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	url := strings.TrimRight(s.config.URL, "/") + "/v1/pages"
	traced := httptrace.WithClientTrace(ctx, trace)
	request, err := http.NewRequestWithContext(traced, http.MethodPost, url, bytes.NewReader(body))
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

// outcomeOf is the meaning of an answer. Its body is never quoted: it may contain the
// message, and so the code.
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
		out.Result = domain.SendNotOnChannel // a good number, without a pager
	case http.StatusUnprocessableEntity:
		out.Result = domain.SendInvalidRecipient
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
