package upkeep

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

const funnelLease = "funnel"

// Ports are the ports of the periodic use cases.
type Ports struct {
	Leases     port.Leases
	OTPSecrets port.OTPSecrets
	Deliveries port.Deliveries
	Sessions   port.Sessions
	Funnel     port.Funnel
	Clock      port.Clock
}

// Config is the schedule of the periodic use cases.
type Config struct {
	Holder   string        // names this instance
	Interval time.Duration // between runs
}

// lease lasts until the run after the next.
func (c Config) lease(name string, now time.Time) port.Lease {
	return port.Lease{Name: name, Holder: c.Holder, Now: now, Until: now.Add(2 * c.Interval)}
}

// CountFunnel aggregates the progress of challenges into counts, on one instance at a
// time, so that no request aggregates.
type CountFunnel struct {
	readiness *CheckReadiness
	ports     Ports
	config    Config
}

// NewCountFunnel makes the use case.
func NewCountFunnel(readiness *CheckReadiness, ports Ports, config Config) *CountFunnel {
	return &CountFunnel{readiness, ports, config}
}

// CountFunnelIn is empty.
type CountFunnelIn struct{}

// CountFunnelOut is the result of a run.
type CountFunnelOut struct {
	Elsewhere  bool // another instance holds the lease
	Challenges int  // that have reached a new stage
}

// Do counts, unless another instance holds the lease. An instance that is not ready
// counts nothing: by a wrong clock it would select the wrong challenges.
func (uc *CountFunnel) Do(ctx context.Context, _ CountFunnelIn) (CountFunnelOut, error) {
	var out CountFunnelOut
	if _, err := uc.readiness.Do(ctx, CheckReadinessIn{}); err != nil {
		return out, err
	}
	now := uc.ports.Clock.Now()
	acquired, err := uc.ports.Leases.Acquire(ctx, uc.config.lease(funnelLease, now))
	if err != nil || !acquired {
		out.Elsewhere = err == nil
		return out, err
	}
	out.Challenges, err = uc.ports.Funnel.Count(ctx, now)
	return out, err
}
