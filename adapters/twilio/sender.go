package twilio

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net/http"
	"strconv"
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
		slog.String("result", string(out.Result)), slog.String("message_id", out.MessageID),
		slog.Duration("retry_after", a.retryAfter))
}

// enough is the time that a request needs at least. To wait of our own accord until
// less is left would turn a refusal into an outcome that no caller hears of.
const enough = 500 * time.Millisecond

// maxRetryAfter bounds what is believed of a wait.
const maxRetryAfter = 24 * time.Hour

// backoff is the wait before the nth retry: the delay, doubled with each, less up to
// a half. How much less the name of the delivery decides, so that messages that were
// refused together do not come back together.
func backoff(delay time.Duration, n int, delivery string) time.Duration {
	full := delay << min(n-1, 10)
	h := fnv.New64a()
	_, _ = h.Write([]byte(delivery + strconv.Itoa(n)))
	return full - time.Duration(h.Sum64()%uint64(full/2+1))
}

// waitFor returns the delay before the nth retry, and whether the patience context lasts that
// long. The delay is Twilio's Retry-After if that is longer than the backoff; otherwise the
// exponential backoff of the highest retry up to n that leaves time for a request.
func (c *Config) waitFor(patience context.Context, n int, delivery string, told time.Duration) (time.Duration, bool) {
	for ; n > 0; n-- {
		wait := backoff(c.RetryDelay, n, delivery)
		if told > 0 && told >= wait {
			return told, fits(patience, told)
		}
		if fits(patience, wait+enough) {
			return wait, true
		}
	}
	return 0, false
}

// fits reports whether a time from now on is over before ctx ends.
func fits(ctx context.Context, span time.Duration) bool {
	end, ok := ctx.Deadline()
	if !ok {
		return true
	}
	after, cancel := context.WithTimeout(ctx, span)
	defer cancel()
	then, _ := after.Deadline() // the earlier of both
	return then.Before(end)
}

// pause waits, and reports whether it came to its end before ctx did.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// retryAfter reads how long to wait: seconds, or a time, which is held against the
// clock of the answer. 0 is none.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		wait = time.Duration(max(0, min(seconds, int64(maxRetryAfter/time.Second)))) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		if now, err := http.ParseTime(header.Get("Date")); err == nil {
			wait = at.Sub(now)
		}
	}
	return max(0, min(wait, maxRetryAfter))
}
