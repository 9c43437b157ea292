package exchange

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/domain"
)

// Event is what the security log tells of one exchange. It has no field for a code, a
// token or an unmasked address.
type Event struct {
	Identifier string // masked, "" if unknown
	Channel    domain.ChannelName
	User       string // the uuid of the authenticated user
	Session    string // its id
	Service    string // the name of the authenticated service
	IsNewUser  bool
	Reason     string // the result or verdict; "" for the code of the problem
}

// By sets the user and the session whose token was sent.
func (e *Event) By(actor domain.Actor) { e.User, e.Session = actor.UserUUID, actor.SessionID }

// The security events of whatever route: an access token, or the secret of a
// service, that is refused.
const (
	tokenEvent   = "access_token"
	serviceEvent = "service_credential"
)

// How much of a text from outside a log line takes, in bytes; and how much room a
// line is made with.
const (
	maxLoggedMethod = 16
	maxLoggedCause  = 2 << 10
	maxLoggedStack  = 8 << 10
	maxAttrs        = 16 // that a line usually has
)

// log writes the one line of an exchange, its security event included. Only what an
// operator must act on is an error: a fault of ours whose caller is still there.
func (m *Middleware) log(c *gin.Context, x *Exchange) {
	ctx := c.Request.Context()
	level, attrs := slog.LevelInfo, make([]slog.Attr, 0, maxAttrs)
	attrs = append(attrs,
		slog.String("method", cut(c.Request.Method, maxLoggedMethod)),
		slog.String("route", x.route.Path),
		slog.Int("status", c.Writer.Status()),
		slog.Float64("duration_ms", milliseconds(m.Clock.Now().Sub(x.start))),
		slog.Int("bytes", max(0, c.Writer.Size())),
		slog.String("client", x.clientText()),
		slog.String("request_id", x.requestID),
	)
	attrs = append(attrs, x.eventAttrs()...)
	if p := x.problem; p != nil {
		attrs = append(attrs, slog.String("code", p.Code))
		if cause := p.fault.Err; p.Status >= http.StatusInternalServerError && cause != nil {
			attrs = append(attrs, causeAttrs(cause)...)
			if ctx.Err() == nil {
				level = slog.LevelError
			}
		}
	}
	m.Logger.LogAttrs(ctx, level, "request", attrs...)
}

func causeAttrs(cause error) []slog.Attr {
	attrs := []slog.Attr{slog.String("err", cut(cause.Error(), maxLoggedCause))}
	var p *panicked
	if errors.As(cause, &p) {
		attrs = append(attrs, slog.String("stack", cut(string(p.stack), maxLoggedStack)))
	}
	return attrs
}

// eventAttrs tell who tried what and what came of it: with when and from where,
// which every line has, the security event of an exchange. Nil if it is none.
func (x *Exchange) eventAttrs() []slog.Attr {
	name, outcome, reason := x.route.Event, "success", x.Event.Reason
	if p := x.problem; p != nil {
		outcome = "refused"
		if p.Status >= http.StatusInternalServerError {
			outcome = "failed"
		}
		switch {
		case p.Code == domain.ErrInvalidClient.Code:
			name = serviceEvent
		case name == "" && p.Code == domain.ErrTokenNotValid.Code:
			name = tokenEvent
		}
		if reason == "" {
			reason = x.refusal()
		}
	}
	if name == "" {
		return nil
	}
	attrs := []slog.Attr{slog.String("event", name), slog.String("outcome", outcome), slog.String("reason", reason)}
	for _, a := range []struct{ key, value string }{
		{"identifier", x.Event.Identifier},
		{"channel", string(x.Event.Channel)},
		{"user", x.Event.User},
		{"session", x.Event.Session},
		{"service", x.Event.Service},
	} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.key, a.value))
		}
	}
	if x.Event.IsNewUser {
		attrs = append(attrs, slog.Bool("is_new_user", true))
	}
	return attrs
}

// refusal is why somebody is refused: the problem's code, and of a token the word
// that its cause has for it, such as expired. One that was good, and names who shows
// it, is refused for what has become of its user or its session.
func (x *Exchange) refusal() string {
	if x.problem.Code != domain.ErrTokenNotValid.Code {
		return x.problem.Code
	}
	var known interface{ Reason() string }
	switch {
	case errors.As(x.problem.fault.Err, &known):
		return known.Reason()
	case x.Event.User != "":
		return "revoked"
	}
	return x.problem.Code
}

// clientText is the client's address, "" if it has none.
func (x *Exchange) clientText() string {
	if !x.Client.IsValid() {
		return ""
	}
	return x.Client.String()
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func cut(text string, limit int) string { return text[:min(len(text), limit)] }
