package sendgrid

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sendgrid/rest"
	"github.com/sendgrid/sendgrid-go/helpers/mail"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// The timeout of a call, and how long an idle connection is kept: shorter than SendGrid
// keeps it, because a request on a connection that SendGrid is closing is lost silently.
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
		return port.SendOutcome{
			Result: domain.SendUnsupported,
			Err:    fmt.Errorf("send through sendgrid: the recipient is a %q", m.To.Kind()),
		}
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

// The custom arguments of a message, which every event about it has as members.
const (
	argChallenge = "doorcode_challenge"
	argDelivery  = "doorcode_delivery"
)

// writeLetter makes the request of a message: its text, or what a template makes one
// of.
func writeLetter(m port.CodeMessage, templateID string) ([]byte, error) {
	text, err := m.Compose()
	if err != nil {
		return nil, err
	}
	if text.From.Address == "" {
		return nil, errors.New("it has no sender: set email.from")
	}
	to := mail.NewPersonalization()
	to.AddTos(mail.NewEmail("", m.To.Value()))
	l := mail.NewV3Mail().SetFrom(mail.NewEmail(text.From.Name, text.From.Address)).AddPersonalizations(to)
	l.Subject = text.Subject
	l.SetHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday replies
	l.SetHeader("X-Auto-Response-Suppress", "All")  // Exchange's form of it
	l.SetCustomArg(argChallenge, string(m.ChallengeID))
	l.SetCustomArg(argDelivery, m.DeliveryID)
	l.SetTrackingSettings(mail.NewTrackingSettings().
		SetClickTracking(mail.NewClickTrackingSetting().SetEnable(false).SetEnableText(false)).
		SetOpenTracking(mail.NewOpenTrackingSetting().SetEnable(false)).
		SetSubscriptionTracking(mail.NewSubscriptionTrackingSetting().SetEnable(false)).
		SetGoogleAnalytics(mail.NewGaSetting().SetEnable(false)))
	if templateID == "" {
		l.AddContent(mail.NewContent("text/plain", text.Body))
		if text.HTML != "" {
			l.AddContent(mail.NewContent("text/html", text.HTML))
		}
		return mail.GetRequestBody(l), nil
	}
	l.SetTemplateID(templateID)
	for key, value := range map[string]any{
		"code": m.Code.Reveal(), "product": text.From.Name, "subject": text.Subject,
		"expiry":     max(1, int(math.Round(m.ExpiresIn.Minutes()))),
		"expires_at": m.ExpiresAt.UTC().Format(time.RFC3339), "purpose": string(m.Purpose), "locale": m.Locale,
	} {
		to.SetDynamicTemplateData(key, value)
	}
	return mail.GetRequestBody(l), nil
}

// lost is the outcome of a call without a whole answer.
func lost(ctx context.Context, err error, connected bool) port.SendOutcome {
	var slow net.Error
	switch {
	case !connected:
		// Nothing of the message is in what went wrong so far.
		return port.SendOutcome{Result: domain.SendUnreachable, Err: fmt.Errorf("connect to sendgrid: %w", err)}
	case ctx.Err() != nil:
		return port.SendOutcome{Result: domain.SendTimeout, Err: fmt.Errorf("wait for sendgrid: %w", ctx.Err())}
	case errors.As(err, &slow) && slow.Timeout():
		return port.SendOutcome{Result: domain.SendTimeout, Err: errors.New("wait for sendgrid: no answer in time")}
	default: // may quote what was answered
		return port.SendOutcome{Result: domain.SendUnknown, Err: errors.New("wait for sendgrid: the connection broke before its answer was whole, or the answer is not one of HTTP")}
	}
}

// outcomeOf is what a whole answer means.
func outcomeOf(answer *rest.Response) port.SendOutcome {
	header := http.Header(answer.Headers)
	if answer.StatusCode == http.StatusAccepted {
		return port.SendOutcome{Result: domain.SendAccepted, MessageID: messageID(header.Get("X-Message-Id"))}
	}
	field := fieldOf(answer.Body)
	out := port.SendOutcome{Result: resultOf(answer.StatusCode, field)}
	if out.Result == domain.SendRateLimited {
		out.RetryAfter = retryAfter(header)
	}
	about := ""
	if field != "" {
		about = " about " + field
	}
	out.Err = fmt.Errorf("send through sendgrid: it answered %d%s%s", answer.StatusCode, about, cures[answer.StatusCode])
	return out
}

// cures are what an operator can do about an answer.
var cures = map[int]string{
	http.StatusBadRequest:            ": compare email.from and sendgrid.template_id with the account",
	http.StatusUnauthorized:          ": set sendgrid.api_key to a key that is valid",
	http.StatusForbidden:             ": give the key the permission Mail Send, and verify the sender of email.from",
	http.StatusNotFound:              ": check sendgrid.base_url",
	http.StatusRequestEntityTooLarge: ": the e-mail is too big",
	http.StatusTooManyRequests:       ": the account sends more than it may",
}

func resultOf(status int, field string) domain.SendResult {
	switch {
	case status == http.StatusBadRequest && (field == fieldTo || strings.HasPrefix(field, fieldTo+".")):
		return domain.SendInvalidRecipient
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return domain.SendAuthenticationFailed
	case status == http.StatusTooManyRequests:
		return domain.SendRateLimited
	case status == http.StatusServiceUnavailable:
		return domain.SendUnreachable
	case status/100 == 4:
		return domain.SendRejected
	default:
		return domain.SendUnknown
	}
}

// fieldTo is what SendGrid calls the one recipient of a request.
const fieldTo = "personalizations.0.to"

// fieldName is how SendGrid names the field that it refuses: no room in it for what a
// person has typed, nor for a code.
var fieldName = regexp.MustCompile(`^[a-z_]+(\.([0-9]|[a-z_]+))*$`)

const maxField = 100 // in bytes

// fieldOf is the field that a refusal is about, "" if it names none.
func fieldOf(body string) string {
	var refusal struct {
		Errors []struct {
			Field string `json:"field"`
		} `json:"errors"`
	}
	if json.Unmarshal([]byte(body), &refusal) != nil {
		return ""
	}
	for _, e := range refusal.Errors {
		if len(e.Field) <= maxField && fieldName.MatchString(e.Field) {
			return e.Field
		}
	}
	return ""
}

func messageID(text string) string {
	if !isName(text) {
		return ""
	}
	return text
}

const maxName = 128 // of what is named by SendGrid or by us, in bytes

func isName(text string) bool {
	return text != "" && len(text) <= maxName && isMadeOf(text, "0123456789._-")
}

// isMadeOf reports whether a text has nothing but ASCII letters and the others.
func isMadeOf(text, others string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(others, r)
	})
}

// maxRetryAfter bounds what a header may say.
const maxRetryAfter = 24 * time.Hour

// retryAfter is how long SendGrid wants us to wait, 0 if it does not say. A point in
// time is held against their clock, not ours.
func retryAfter(header http.Header) time.Duration {
	if seconds, err := strconv.ParseUint(header.Get("Retry-After"), 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return 0
	}
	at, err := http.ParseTime(header.Get("Retry-After"))
	if err != nil {
		reset, err := strconv.ParseInt(cmp.Or(header.Get("X-RateLimit-Reset"), "-"), 10, 64)
		if err != nil {
			return 0
		}
		at = time.Unix(reset, 0)
	}
	return min(max(0, at.Sub(now)), maxRetryAfter)
}
