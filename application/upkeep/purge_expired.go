package upkeep

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

const (
	purgeBatch       = 500 // rows in one commit
	deliveryLifetime = 7 * 24 * time.Hour
	purgeLease       = "purge"

	// countSlack is how late an event may be stored: four seconds of a statement, and two
	// clocks that differ by as much as is allowed.
	countSlack = 10 * time.Second
)

// PurgeExpired deletes expired rows in small batches, on one instance at a time:
// clients can make secrets without limit, but cannot fill the tables with them. Rows
// that the funnel has not counted are kept.
type PurgeExpired struct {
	readiness *CheckReadiness
	ports     Ports
	config    PurgeConfig
}

// PurgeConfig says how long rows are kept.
type PurgeConfig struct {
	Config
	Window   time.Duration // of the limit of sends, which secrets remember
	Sessions domain.SessionPolicy
}

// NewPurgeExpired makes the use case.
func NewPurgeExpired(readiness *CheckReadiness, ports Ports, config PurgeConfig) *PurgeExpired {
	return &PurgeExpired{readiness, ports, config}
}

// PurgeExpiredIn is empty.
type PurgeExpiredIn struct{}

// PurgeExpiredOut counts the deleted rows.
type PurgeExpiredOut struct {
	Elsewhere  bool // another instance holds the lease
	Secrets    int
	Deliveries int
	Sessions   int
}

// Do purges, unless another instance holds the lease. An instance that is not ready
// purges nothing: by a wrong clock every row is expired.
func (uc *PurgeExpired) Do(ctx context.Context, _ PurgeExpiredIn) (PurgeExpiredOut, error) {
	var out PurgeExpiredOut
	if _, err := uc.readiness.Do(ctx, CheckReadinessIn{}); err != nil {
		return out, err
	}
	now := uc.ports.Clock.Now()
	acquired, err := uc.ports.Leases.Acquire(ctx, uc.config.lease(purgeLease, now))
	if err != nil || !acquired {
		out.Elsewhere = err == nil
		return out, err
	}
	counted, err := uc.ports.Funnel.CountedUntil(ctx)
	if err != nil {
		return out, err
	}
	counted = counted.Add(-countSlack)
	out.Secrets, err = uc.inBatches(ctx, now, func() (int, error) {
		return uc.ports.OTPSecrets.Purge(ctx, earlier(now.Add(-uc.config.Window), counted), purgeBatch)
	})
	if err != nil {
		return out, err
	}
	out.Deliveries, err = uc.inBatches(ctx, now, func() (int, error) {
		return uc.ports.Deliveries.Purge(ctx, earlier(now.Add(-deliveryLifetime), counted), purgeBatch)
	})
	if err != nil {
		return out, err
	}
	policy := uc.config.Sessions
	expired := port.SessionPurge{
		UsedBefore: policy.IdleCutoff(now), MadeBefore: now.Add(-policy.AbsoluteLifetime), Limit: purgeBatch,
	}
	out.Sessions, err = uc.inBatches(ctx, now, func() (int, error) { return uc.ports.Sessions.Purge(ctx, expired) })
	return out, err
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// inBatches repeats purge until a batch is not full, or the next run is due: it ends
// within its lease, however many rows there are.
func (uc *PurgeExpired) inBatches(
	ctx context.Context, start time.Time, purge func() (int, error),
) (total int, err error) {
	for {
		n, err := purge()
		total += n
		switch {
		case err != nil, n < purgeBatch:
			return total, err
		case ctx.Err() != nil:
			return total, ctx.Err()
		case uc.ports.Clock.Now().Sub(start) >= uc.config.Interval:
			return total, nil
		}
	}
}
