package exchange

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
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

// The security events of all routes: a refused access token, and a refused credential of a
// service.
const (
	tokenEvent   = "access_token"
	serviceEvent = "service_credential"
)

// Bounds of texts from outside in a line, in bytes, and its usual number of attributes.
const (
	maxLoggedMethod = 16
	maxLoggedCause  = 2 << 10
	maxLoggedStack  = 8 << 10
	maxAttrs        = 16
)

// log writes the one line of an exchange, its security event included. Only an internal
// fault or an outage is an error, and only while the client is connected.
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
		if p.Limit != "" {
			attrs = append(attrs, slog.String("limit", "ratelimit."+p.Limit)) // the key to set
		}
		if cause := p.fault.Err; p.Status >= http.StatusInternalServerError && cause != nil {
			attrs = append(attrs, causeAttrs(cause)...)
			if ctx.Err() == nil {
				level = slog.LevelError
			}
		}
	}
	m.Logger.LogAttrs(ctx, level, "request", attrs...)
}

// warnForwarded logs the first X-Forwarded-For or Forwarded of an untrusted peer: behind a proxy that
// http.trusted_proxies does not name, all clients share its address and its limits.
func (m *Middleware) warnForwarded(r *http.Request) {
	peer := m.Proxies.Ignored(r)
	if !peer.IsValid() || m.forwarded.Swap(true) {
		return
	}
	m.Logger.Warn("X-Forwarded-For ignored", "key", "http.trusted_proxies", "peer", peer.String(),
		"problem", "its peer is not a trusted proxy: if it is one, all clients behind it share one address and its limits",
		"cure", "if it is your proxy, add "+netip.PrefixFrom(peer, peer.BitLen()).String()+" or its network")
}

func causeAttrs(cause error) []slog.Attr {
	attrs := []slog.Attr{slog.String("err", cut(cause.Error(), maxLoggedCause))}
	if p, ok := errors.AsType[*panicked](cause); ok {
		attrs = append(attrs, slog.String("stack", cut(string(p.stack), maxLoggedStack)))
	}
	return attrs
}

// eventAttrs are the attributes of the security event of an exchange: subject, action and
// outcome. The time and the client are in every line. Nil if it is no security event.
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

// refusal is the reason of a refusal: the problem's code or, of a token, the reason that
// its cause has, such as expired. A valid token is refused because its user or its session
// has ended.
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
