package httpapi

import (
	"context"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/application/upkeep"
	"github.com/doorcode-auth/doorcode/domain"
)

// healthBody is the answer while all is well.
type healthBody struct {
	Status string `json:"status"`
}

// health are the routes that say whether the process lives, and whether it wants
// requests.
func (a *API) health(app *application.Application) []exchange.Route {
	a.readiness.check = func(ctx context.Context) error {
		_, err := app.CheckReadiness.Do(ctx, upkeep.CheckReadinessIn{})
		return err
	}
	const get = http.MethodGet
	return []exchange.Route{
		{Method: get, Path: "/healthz", Handle: a.healthz, Access: exchange.Public, AnyClock: true},
		{Method: get, Path: "/readyz", Handle: a.readyz, Access: exchange.Public, AnyClock: true},
	}
}

func (a *API) healthz(c *gin.Context) error {
	return exchange.Answer(c, healthBody{Status: "ok"})
}

func (a *API) readyz(c *gin.Context) error {
	if a.draining.Load() {
		return domain.ErrUnavailable
	}
	if err := a.readiness.ask(c.Request.Context()); err != nil {
		return err
	}
	return exchange.Answer(c, healthBody{Status: "ready"})
}

// probe shares a check between concurrent callers: those that come while one is under way
// get its result. So no client can keep the database busy with it.
type probe struct {
	check func(context.Context) error
	mu    sync.Mutex
	now   *inquiry // under way, or nil
}

type inquiry struct {
	done chan struct{}
	err  error
}

func (p *probe) ask(ctx context.Context) error {
	p.mu.Lock()
	q := p.now
	if q == nil {
		q = &inquiry{done: make(chan struct{})}
		p.now = q
		go p.answer(context.WithoutCancel(ctx), q)
	}
	p.mu.Unlock()
	select {
	case <-q.done:
		return q.err
	case <-ctx.Done():
		return domain.ErrUnavailable.Because(ctx.Err())
	}
}

func (p *probe) answer(ctx context.Context, q *inquiry) {
	q.err = exchange.Guarded(func() error { return p.check(ctx) })
	p.mu.Lock()
	p.now = nil
	p.mu.Unlock()
	close(q.done)
}
