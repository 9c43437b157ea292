package upkeep

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// How much one commit of a purge removes, and for how long deliveries are kept.
const (
	purgeBatch       = 500
	deliveryLifetime = 7 * 24 * time.Hour
	purgeLease       = "purge"

	// countSlack is how late something of before may still be stored: four seconds that a
	// statement may take, and two clocks that go wrong within what is allowed.
	countSlack = 10 * time.Second
)

// PurgeExpired removes what has had its time, in small batches, by one instance
// at a time: strangers can make secrets, but cannot fill the tables with them. What the
// funnel has not counted yet is not due.
type PurgeExpired struct {
	readiness  *CheckReadiness
	leases     port.Leases
	secrets    port.OTPSecrets
	deliveries port.Deliveries
	sessions   port.Sessions
	funnel     port.Funnel
	clock      port.Clock
	config     PurgeConfig
}

// PurgeConfig says how long things are kept, and who purges.
type PurgeConfig struct {
	Config
	Window   time.Duration // of the sends to a recipient, which secrets remember
	Sessions domain.SessionPolicy
}

// NewPurgeExpired makes the use case.
func NewPurgeExpired(
	readiness *CheckReadiness, leases port.Leases, secrets port.OTPSecrets, deliveries port.Deliveries, sessions port.Sessions,
	funnel port.Funnel, clock port.Clock, config PurgeConfig,
) *PurgeExpired {
	return &PurgeExpired{readiness, leases, secrets, deliveries, sessions, funnel, clock, config}
}

// PurgeExpiredIn has nothing in it.
type PurgeExpiredIn struct{}

// PurgeExpiredOut is what was removed.
type PurgeExpiredOut struct {
	Elsewhere  bool // another instance is doing it
	Secrets    int
	Deliveries int
	Sessions   int
}

// Do removes what is due, unless another instance is doing so. An instance that
// is not ready removes nothing: by a wrong clock everything is due.
func (uc *PurgeExpired) Do(ctx context.Context, _ PurgeExpiredIn) (PurgeExpiredOut, error) {
	var out PurgeExpiredOut
	if _, err := uc.readiness.Do(ctx, CheckReadinessIn{}); err != nil {
		return out, err
	}
	now := uc.clock.Now()
	mine, err := uc.leases.Acquire(ctx, uc.config.lease(purgeLease, now))
	if err != nil || !mine {
		out.Elsewhere = err == nil
		return out, err
	}
	counted, err := uc.funnel.CountedUntil(ctx)
	if err != nil {
		return out, err
	}
	counted = counted.Add(-countSlack)
	out.Secrets, err = uc.inBatches(ctx, now, func() (int, error) {
		return uc.secrets.Purge(ctx, earlier(now.Add(-uc.config.Window), counted), purgeBatch)
	})
	if err != nil {
		return out, err
	}
	out.Deliveries, err = uc.inBatches(ctx, now, func() (int, error) {
		return uc.deliveries.Purge(ctx, earlier(now.Add(-deliveryLifetime), counted), purgeBatch)
	})
	if err != nil {
		return out, err
	}
	policy := uc.config.Sessions
	over := port.SessionPurge{UsedBefore: policy.IdleCutoff(now), MadeBefore: now.Add(-policy.AbsoluteLifetime), Limit: purgeBatch}
	out.Sessions, err = uc.inBatches(ctx, now, func() (int, error) { return uc.sessions.Purge(ctx, over) })
	return out, err
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// inBatches repeats purge until it removes less than a batch, or until the next
// run is due: however much there is, it ends within its lease.
func (uc *PurgeExpired) inBatches(ctx context.Context, start time.Time, purge func() (int, error)) (total int, err error) {
	for {
		n, err := purge()
		total += n
		switch {
		case err != nil, n < purgeBatch:
			return total, err
		case ctx.Err() != nil:
			return total, ctx.Err()
		case uc.clock.Now().Sub(start) >= uc.config.Interval:
			return total, nil
		}
	}
}
