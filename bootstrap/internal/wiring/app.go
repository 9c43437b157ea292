package wiring

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
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

// App is a whole service. Run serves it; a program with a server of its own serves
// Handler and runs Background beside it.
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
	started   atomic.Bool
	readiness readinessWatch
}

// Handler answers the requests of the API. It needs Background beside it: without it
// messages are sent, but what became of them is not stored.
func (a *App) Handler() http.Handler {
	handler := a.readiness.watch(a.api, a.clock)
	if a.Wrap != nil {
		handler = a.Wrap(handler)
	}
	return handler
}

// Logger is the logger of the service.
func (a *App) Logger() *slog.Logger { return a.logger }

// Listen opens the socket, once, and returns its address: with port 0 the one that
// the system has chosen. Run does so too; a client that connects before waits for it.
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

// Run serves until ctx is done, then ends in order: readiness says no, requests are
// still answered for http.drain, those in flight and their messages are waited for, and
// all is flushed as in Background. It returns nil then, and an error only when the
// service could not start or its socket broke.
func (a *App) Run(ctx context.Context) error {
	defer a.log.Flush(logTimeout) // after a panic too
	addr, err := a.Listen(ctx)
	if err != nil {
		return err
	}
	flush, err := a.startBackground(ctx)
	if err != nil {
		return err
	}
	server := a.api.Server("")
	server.Handler = a.Handler()
	broken := make(chan error, 1)
	go func() { broken <- server.Serve(a.api.Limit(a.listener)) }()
	a.announce(addr)
	drain := time.Duration(0)
	select {
	case err = <-broken:
		err = fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		drain = a.drainTime()
	}
	limit, cancel := a.stopLimit(ctx)
	defer cancel()
	a.shutDown(limit, server, drain)
	flush(limit)
	if err == nil {
		a.logger.Info("stopped")
	}
	return err
}

// Background runs what Run runs beside the socket: it stores the outcomes of messages,
// notifies admins, counts the funnel and purges what has expired. Once ctx is done
// readiness says no, messages in flight are waited for, and outcomes, notifications and
// the log are flushed; then it returns nil. Shut the server down before ctx is done. An
// app has one Run or one Background; a second one is an error.
func (a *App) Background(ctx context.Context) error {
	flush, err := a.startBackground(ctx)
	if err != nil {
		return err
	}
	<-ctx.Done()
	a.api.Drain()
	limit, cancel := a.stopLimit(ctx)
	defer cancel()
	flush(limit)
	a.log.Flush(logTimeout)
	return nil
}

// startBackground starts the background, which ignores the end of ctx. flush waits for
// messages in flight until its context is done, and then for the background to end.
func (a *App) startBackground(ctx context.Context) (flush func(context.Context), err error) {
	if a.started.Swap(true) {
		return nil, errors.New("the app runs already, or has run: make another one with NewApp")
	}
	for _, warning := range a.config.Warnings {
		a.logger.Warn("configuration", "key", warning.Key, "problem", warning.Problem, "cure", warning.Cure)
	}
	ctx, end := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	for _, run := range []func(context.Context){a.outcomes.Run, a.notices.Run, a.keepUp} {
		running.Go(func() {
			finished := false
			defer func() {
				if !finished { // a panic is about to end the process
					a.log.Flush(logTimeout)
				}
			}()
			run(ctx)
			finished = true
		})
	}
	return func(limit context.Context) {
		if err := a.dispatcher.Drain(limit); err != nil {
			a.logger.Warn("messages left under way", "err", err)
		}
		end()
		running.Wait()
	}, nil
}

// keepUp counts the funnel and purges what has expired until ctx is done. It begins at
// once: only the first run knows whether the clock can be trusted.
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
