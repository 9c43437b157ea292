package wiring

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/doorcode-auth/doorcode/adapters/httpapi"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/application/upkeep"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/asynclog"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
)

// App is a whole service: make one with NewApp, then Run it. It owns the socket,
// what runs in the background, and the order in which all of it ends.
type App struct {
	// Wrap goes around the handler: for routes, pages or headers of a program's own.
	// Defaults to nothing.
	Wrap func(http.Handler) http.Handler

	config      *config.Config
	log         *asynclog.Writer // below the logger
	logger      *slog.Logger
	clock       port.Clock
	channels    []port.ChannelSender
	application *application.Application
	api         *httpapi.API
	dispatcher  *delivery.Dispatcher
	outcomes    *delivery.OutcomeLog
	notices     *notices.Queue

	listening sync.Mutex
	listener  net.Listener
	watched   watch
}

// Handler answers HTTP without a socket: in a server of a program's own, or in tests.
func (a *App) Handler() http.Handler {
	handler := a.watched.around(a.api, a.clock)
	if a.Wrap != nil {
		handler = a.Wrap(handler)
	}
	return handler
}

// Logger is the logger of the service.
func (a *App) Logger() *slog.Logger { return a.logger }

// Listen opens the socket, once, and tells its address: with port 0 the one that
// the system has chosen. Run does so too; whoever connects before waits for it.
func (a *App) Listen(ctx context.Context) (net.Addr, error) {
	a.listening.Lock()
	defer a.listening.Unlock()
	if a.listener == nil {
		var config net.ListenConfig
		l, err := config.Listen(ctx, "tcp", a.config.HTTP.Addr)
		if err != nil {
			return nil, fmt.Errorf("listen (set DOORCODE_HTTP_ADDR or --addr to a free port): %w", err)
		}
		a.listener = l
	}
	return a.listener.Addr(), nil
}

// Run serves until ctx is done, then ends in order: readiness says no, requests
// are still answered for http.drain, those under way and their messages are
// waited for, outcomes are written. It returns nil then, and an error only when
// the service could not start or its socket broke.
func (a *App) Run(ctx context.Context) error {
	defer a.log.Flush(logTimeout) // after a panic too
	addr, err := a.Listen(ctx)
	if err != nil {
		return err
	}
	for _, warning := range a.config.Warnings {
		a.logger.Warn("configuration", "key", warning.Key, "problem", warning.Problem, "cure", warning.Cure)
	}
	background, end := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { a.guarded(func() { a.outcomes.Run(background) }) })
	running.Go(func() { a.guarded(func() { a.notices.Run(background) }) })
	running.Go(func() { a.guarded(func() { a.keepUp(background) }) })
	defer running.Wait()
	defer end()

	server := a.api.Server("")
	server.Handler = a.Handler()
	broken := make(chan error, 1)
	go func() { broken <- server.Serve(a.api.Limit(a.listener)) }()
	a.announce(addr)
	select {
	case err = <-broken:
		a.stop(context.WithoutCancel(ctx), server, 0)
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		a.stop(context.WithoutCancel(ctx), server, a.drainTime())
		end()
		running.Wait()
		a.logger.Info("stopped")
		return nil
	}
}

// guarded does something in the background. Should it panic, the log gets out before
// the process ends.
func (a *App) guarded(do func()) {
	over := false
	defer func() {
		if !over {
			a.log.Flush(logTimeout)
		}
	}()
	do()
	over = true
}

// keepUp tidies up until ctx is done, from the start on: whether the clock is right
// is not known before.
func (a *App) keepUp(ctx context.Context) {
	every := time.NewTicker(a.config.Upkeep.Interval)
	defer every.Stop()
	for ctx.Err() == nil {
		counted, err := a.application.CountFunnel.Do(ctx, upkeep.CountFunnelIn{})
		if err != nil && ctx.Err() == nil {
			a.logger.Error("funnel not counted", "err", err)
		}
		a.logger.Debug("funnel counted", "challenges", counted.Challenges, "elsewhere", counted.Elsewhere)
		done, err := a.application.PurgeExpired.Do(ctx, upkeep.PurgeExpiredIn{})
		if err != nil && ctx.Err() == nil {
			a.logger.Error("expired secrets not purged", "err", err)
		}
		a.logger.Debug("purged", "secrets", done.Secrets, "deliveries", done.Deliveries, "elsewhere", done.Elsewhere)
		select {
		case <-ctx.Done():
		case <-every.C:
		}
	}
}
