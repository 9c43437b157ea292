package upkeep

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

const funnelLease = "funnel"

// CountFunnel turns what has happened to challenges into counts, by one instance at a
// time: nobody's request waits for an analysis.
type CountFunnel struct {
	readiness *CheckReadiness
	leases    port.Leases
	funnel    port.Funnel
	clock     port.Clock
	config    Config
}

// Config says who keeps up, and how.
type Config struct {
	Holder   string        // names this instance
	Interval time.Duration // between runs
}

// lease is the wish to do a thing alone until the run after the next.
func (c Config) lease(name string, now time.Time) port.Lease {
	return port.Lease{Name: name, Holder: c.Holder, Now: now, Until: now.Add(2 * c.Interval)}
}

// NewCountFunnel makes the use case.
func NewCountFunnel(readiness *CheckReadiness, leases port.Leases, funnel port.Funnel, clock port.Clock, config Config) *CountFunnel {
	return &CountFunnel{readiness, leases, funnel, clock, config}
}

// CountFunnelIn has nothing in it.
type CountFunnelIn struct{}

// CountFunnelOut is what was counted.
type CountFunnelOut struct {
	Elsewhere  bool // another instance is doing it
	Challenges int  // of which something was counted
}

// Do counts what is new, unless another instance is doing so. An instance that is not
// ready counts nothing: by a wrong clock it would look at the wrong challenges.
func (uc *CountFunnel) Do(ctx context.Context, _ CountFunnelIn) (CountFunnelOut, error) {
	var out CountFunnelOut
	if _, err := uc.readiness.Do(ctx, CheckReadinessIn{}); err != nil {
		return out, err
	}
	now := uc.clock.Now()
	mine, err := uc.leases.Acquire(ctx, uc.config.lease(funnelLease, now))
	if err != nil || !mine {
		out.Elsewhere = err == nil
		return out, err
	}
	out.Challenges, err = uc.funnel.Count(ctx, now)
	return out, err
}
