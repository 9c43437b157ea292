package httpapi

import (
	"context"
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
	isNewUser  bool
	reason     string // the result or verdict; a fault's code if there is none
}

// How much of a text from outside a log line takes, in bytes.
const (
	maxLoggedMethod = 16
	maxLoggedCause  = 2 << 10
	maxLoggedStack  = 8 << 10
)

// log writes the access line of an exchange and, where the route has one, its
// security event. Only what an operator must act on is an error: a fault of ours
// whose caller is still there.
func (a *API) log(c *gin.Context, x *exchange) {
	ctx := c.Request.Context()
	a.logEvent(ctx, x)
	level, attrs := slog.LevelInfo, []slog.Attr{
		slog.String("method", cut(c.Request.Method, maxLoggedMethod)),
		slog.String("route", x.route.path),
		slog.Int("status", c.Writer.Status()),
		slog.Float64("duration_ms", milliseconds(a.clock.Now().Sub(x.start))),
		slog.Int("bytes", max(0, c.Writer.Size())),
		slog.String("client", x.clientText()),
		slog.String("request_id", x.requestID),
	}
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

// logEvent tells who tried what, from where, and what came of it.
func (a *API) logEvent(ctx context.Context, x *exchange) {
	if x.route.event == "" {
		return
	}
	outcome, reason := "success", x.event.reason
	if p := x.problem; p != nil {
		outcome = "refused"
		if p.Status >= http.StatusInternalServerError {
			outcome = "failed"
		}
		if reason == "" {
			reason = p.Code
		}
	}
	attrs := []slog.Attr{
		slog.String("event", x.route.event),
		slog.String("outcome", outcome),
		slog.String("reason", reason),
		slog.String("identifier", x.event.identifier),
		slog.String("channel", string(x.event.channel)),
		slog.String("client", x.clientText()),
		slog.String("request_id", x.requestID),
	}
	if x.event.user != "" {
		attrs = append(attrs, slog.String("user", x.event.user), slog.Bool("is_new_user", x.event.isNewUser))
	}
	a.logger.LogAttrs(ctx, slog.LevelInfo, "security event", attrs...)
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
