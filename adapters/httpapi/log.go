package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/domain"
)

// event is what the log of security tells of one exchange. It has no field for a
// code, a token or an address in full.
type event struct {
	identifier string // masked, "" if unknown
	channel    domain.ChannelName
	user       string // the uuid of whoever has proved to be them
	session    string // its id
	service    string // the name of the service that has proved to be it
	isNewUser  bool
	reason     string // the result or verdict; why it is refused if there is none
}

// of notes whose token was shown.
func (e *event) of(actor domain.Actor) { e.user, e.session = actor.UserUUID, actor.SessionID }

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
func (a *API) log(c *gin.Context, x *exchange) {
	ctx := c.Request.Context()
	level, attrs := slog.LevelInfo, make([]slog.Attr, 0, maxAttrs)
	attrs = append(attrs,
		slog.String("method", cut(c.Request.Method, maxLoggedMethod)),
		slog.String("route", x.route.path),
		slog.Int("status", c.Writer.Status()),
		slog.Float64("duration_ms", milliseconds(a.clock.Now().Sub(x.start))),
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
	a.logger.LogAttrs(ctx, level, "request", attrs...)
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
func (x *exchange) eventAttrs() []slog.Attr {
	name, outcome, reason := x.route.event, "success", x.event.reason
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
		{"identifier", x.event.identifier},
		{"channel", string(x.event.channel)},
		{"user", x.event.user},
		{"session", x.event.session},
		{"service", x.event.service},
	} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.key, a.value))
		}
	}
	if x.event.isNewUser {
		attrs = append(attrs, slog.Bool("is_new_user", true))
	}
	return attrs
}

// refusal is why somebody is refused: the problem's code, and of a token the word
// that its cause has for it, such as expired. One that was good, and names who shows
// it, is refused for what has become of its user or its session.
func (x *exchange) refusal() string {
	if x.problem.Code != domain.ErrTokenNotValid.Code {
		return x.problem.Code
	}
	var known interface{ Reason() string }
	switch {
	case errors.As(x.problem.fault.Err, &known):
		return known.Reason()
	case x.event.user != "":
		return "revoked"
	}
	return x.problem.Code
}

// clientText is the client's address, "" if it has none.
func (x *exchange) clientText() string {
	if !x.client.IsValid() {
		return ""
	}
	return x.client.String()
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func cut(text string, limit int) string { return text[:min(len(text), limit)] }
