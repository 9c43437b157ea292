package wiring

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

// The end takes at most 15 s with the default http.drain: what is under way has
// until a second after the drain, and what a database that hangs needs to fail
// comes on top. Whoever has asked for /readyz within watchTime watches it; who
// asks for /healthz restarts the service and sends no requests elsewhere.
const (
	leastTime = 10 * time.Second
	lastTime  = time.Second
	watchTime = time.Minute
)

// drainTime is how long requests are still answered once the service is to stop.
// Whoever watches its readiness needs a while to see that it has changed; with
// nobody there, there is nothing to wait for.
func (a *App) drainTime() time.Duration {
	if a.watched.within(a.clock.Now(), watchTime) {
		return a.config.HTTP.Drain
	}
	return 0
}

// stop ends the service in order: readiness first, then the socket, then what is
// under way.
func (a *App) stop(ctx context.Context, server *http.Server, drain time.Duration) {
	a.api.Drain()
	a.logger.Info("stopping", "drain", drain.String(), "hint", "a second signal ends it at once")
	ctx, cancel := context.WithTimeout(ctx, max(a.config.HTTP.Drain, leastTime)+lastTime)
	defer cancel()
	pause(ctx, drain)
	if err := server.Shutdown(ctx); err != nil {
		a.logger.Warn("requests cut off", "err", err)
		_ = server.Close() // of what is cut off nothing more is to be said
	}
	if err := a.dispatcher.Drain(ctx); err != nil {
		a.logger.Warn("messages left under way", "err", err)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// watch knows when somebody last asked whether the service is ready. The zero
// watch has seen nobody.
type watch struct{ last atomic.Int64 }

// HealthcheckAgent marks the requests of the command healthcheck, which restarts nothing
// and sends no requests elsewhere.
const HealthcheckAgent = "doorcode-healthcheck"

func (w *watch) around(next http.Handler, clock port.Clock) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.TrimSuffix(r.URL.Path, "/") == "/readyz" && r.UserAgent() != HealthcheckAgent {
			w.last.Store(clock.Now().UnixMicro())
		}
		next.ServeHTTP(rw, r)
	})
}

func (w *watch) within(now time.Time, span time.Duration) bool {
	last := w.last.Load()
	return last != 0 && now.Sub(time.UnixMicro(last)) <= span
}
