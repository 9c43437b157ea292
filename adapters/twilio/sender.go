package twilio

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/twilio/twilio-go/client"
	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var (
	_ port.CodeSender      = (*Sender)(nil)
	_ port.DeliveryReports = (*Sender)(nil)
)

// whatsAppPrefix makes a WhatsApp address of a phone number.
const whatsAppPrefix = "whatsapp:"

// maxValidity is how long Twilio keeps a message waiting at most.
const maxValidity = 10 * time.Hour

// Sender sends by one channel of Twilio. It is safe for concurrent use.
type Sender struct {
	line      *line
	prefix    string // of every address
	address   func(*openapi.CreateMessageParams)
	content   string // SID of a template, "" for plain text
	validator client.RequestValidator
	pause     func(context.Context, time.Duration) bool
}

func newSender(l *line, cfg Config) *Sender {
	return &Sender{line: l, validator: client.NewRequestValidator(cfg.AuthToken), pause: pause}
}

func newSMS(l *line, cfg Config) *Sender {
	s := newSender(l, cfg)
	s.address = func(p *openapi.CreateMessageParams) { p.SetFrom(cfg.SMSFrom) }
	if serviceSID.MatchString(cfg.SMSFrom) {
		s.address = func(p *openapi.CreateMessageParams) { p.SetMessagingServiceSid(cfg.SMSFrom) }
	}
	return s
}

func newWhatsApp(l *line, cfg Config) *Sender {
	s := newSender(l, cfg)
	s.prefix, s.content = whatsAppPrefix, cfg.WhatsAppContentSID
	s.address = func(p *openapi.CreateMessageParams) { p.SetFrom(whatsAppPrefix + cfg.WhatsAppFrom) }
	return s
}

// Send hands a message to Twilio. What was surely not taken is tried again as long as
// the configuration, the retry budget of the message and ctx allow it, and nothing else is.
func (s *Sender) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	params, err := s.compose(m)
	if err != nil {
		return port.SendOutcome{Result: domain.SendRejected, Err: fmt.Errorf("send by twilio: %w", err)}
	}
	if err := ctx.Err(); err != nil {
		return port.SendOutcome{Result: domain.SendUnreachable, Err: fmt.Errorf("send by twilio: %w", err)}
	}
	patience, cancel := context.WithTimeout(ctx, m.RetryBudget)
	defer cancel()
	for attempt := 1; ; attempt++ {
		a := s.line.call(ctx, params)
		out := a.outcome()
		s.note(ctx, m, attempt, a, out)
		if !a.retriable() || attempt > s.line.config.MaxRetries {
			return out
		}
		wait, ok := s.line.config.waitFor(patience, attempt, m.DeliveryID, a.retryAfter)
		if !ok || !fits(ctx, wait+enough) || !s.pause(ctx, wait) {
			return out
		}
	}
}

// compose writes the request. A code that has expired is of no use, so Twilio is told
// how long a message may wait.
func (s *Sender) compose(m port.CodeMessage) (*openapi.CreateMessageParams, error) {
	text, err := m.Compose()
	if err != nil {
		return nil, err
	}
	p := &openapi.CreateMessageParams{}
	p.SetTo(s.prefix + m.To.Value())
	s.address(p)
	if s.content == "" {
		p.SetBody(text.Body)
	} else {
		variables, err := json.Marshal(map[string]string{"1": m.Code.Reveal()})
		if err != nil {
			return nil, err
		}
		p.SetContentSid(s.content)
		p.SetContentVariables(string(variables))
	}
	p.SetValidityPeriod(int(max(time.Second, min(m.ExpiresIn, maxValidity)) / time.Second))
	if m.CallbackURL != "" {
		p.SetStatusCallback(m.CallbackURL)
	}
	return p, nil
}

// note logs one request, if that is wanted, with nothing of what was in it.
func (s *Sender) note(ctx context.Context, m port.CodeMessage, attempt int, a answer, out port.SendOutcome) {
	if s.line.log == nil {
		return
	}
	s.line.log.LogAttrs(ctx, slog.LevelInfo, "twilio request",
		slog.String("channel", string(m.Channel)), slog.String("to", m.To.Masked()), slog.String("delivery_id", m.DeliveryID),
		slog.Int("attempt", attempt), slog.Int("status", a.status), slog.Int("code", a.said.code),
		slog.String("result", string(out.Result)), slog.String("message_id", out.MessageID), slog.Duration("retry_after", a.retryAfter))
}
