package wiring

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

// The end takes at most 15 s with the default http.drain: what is in flight has until
// shutdownExtra after the drain, and the timeout of a hanging database comes on top.
// A request for /readyz within readinessMemory means that a load balancer watches;
// requests for /healthz come from supervisors, which restart and route nothing.
const (
	shutdownLeast   = 10 * time.Second
	shutdownExtra   = time.Second
	readinessMemory = time.Minute
)

// drainTime is how long requests are still answered once the service is to stop: a load
// balancer needs a while to see the readiness change. Without one it is 0.
func (a *App) drainTime() time.Duration {
	if a.readiness.watchedWithin(a.clock.Now(), readinessMemory) {
		return a.config.HTTP.Drain
	}
	return 0
}

// stopLimit is the context that bounds the end of the service, after that of ctx.
func (a *App) stopLimit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), max(a.config.HTTP.Drain, shutdownLeast)+shutdownExtra)
}

// shutDown ends the server in order: readiness first, then the socket, then the requests
// in flight.
func (a *App) shutDown(ctx context.Context, server *http.Server, drain time.Duration) {
	a.api.Drain()
	a.logger.Info("stopping", "drain", drain.String(), "hint", "a second signal ends it at once")
	select {
	case <-ctx.Done():
	case <-time.After(drain):
	}
	if err := server.Shutdown(ctx); err != nil {
		a.logger.Warn("requests cut off", "err", err)
		_ = server.Close() // its error says nothing more
	}
}

// readinessWatch knows when /readyz was last requested. The zero value has seen no
// request.
type readinessWatch struct{ last atomic.Int64 }

// HealthcheckAgent marks the requests of the command healthcheck, which is no load
// balancer.
const HealthcheckAgent = "doorcode-healthcheck"

func (w *readinessWatch) watch(next http.Handler, clock port.Clock) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.TrimSuffix(r.URL.Path, "/") == "/readyz" && r.UserAgent() != HealthcheckAgent {
			w.last.Store(clock.Now().UnixMicro())
		}
		next.ServeHTTP(rw, r)
	})
}

func (w *readinessWatch) watchedWithin(now time.Time, span time.Duration) bool {
	last := w.last.Load()
	return last != 0 && now.Sub(time.UnixMicro(last)) <= span
}
