package httpapi

import (
	"context"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/application/upkeep"
	"github.com/doorcode-auth/doorcode/domain"
)

// healthBody says that all is well; what is not is a problem.
type healthBody struct {
	Status string `json:"status"`
}

// healthz answers while the process lives.
func (a *API) healthz(c *gin.Context) error {
	return answer(c, healthBody{Status: "ok"})
}

// readyz answers whether this instance wants requests.
func (a *API) readyz(c *gin.Context) error {
	if a.draining.Load() {
		return domain.ErrUnavailable
	}
	if err := a.readiness.ask(c.Request.Context()); err != nil {
		return err
	}
	return answer(c, healthBody{Status: "ready"})
}

func (a *API) checkReadiness(ctx context.Context) error {
	_, err := a.app.CheckReadiness.Do(ctx, upkeep.CheckReadinessIn{})
	return err
}

// probe asks a question that costs something for anybody who wants to know, but
// once at a time: whoever comes meanwhile gets the answer under way. So nobody
// can keep the database busy with it.
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
	q.err = guarded(func() error { return p.check(ctx) })
	p.mu.Lock()
	p.now = nil
	p.mu.Unlock()
	close(q.done)
}
