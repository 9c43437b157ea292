// Package upkeep has the periodic use cases: purge expired rows, count the funnel, and
// check whether this instance is ready.
package upkeep

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// maxClockSkew bounds the difference to the database's clock: the clock of one instance
// decides every expiry and every window of a rate limit.
const maxClockSkew = 2 * time.Second

// CheckReadiness checks whether this instance can serve.
type CheckReadiness struct {
	database port.Database
	clock    port.Clock
	skew     atomic.Int64 // in nanoseconds, at the last check
}

// NewCheckReadiness makes the use case.
func NewCheckReadiness(database port.Database, clock port.Clock) *CheckReadiness {
	return &CheckReadiness{database: database, clock: clock}
}

// CheckReadinessIn is empty.
type CheckReadinessIn struct{}

// CheckReadinessOut is the result of a check.
type CheckReadinessOut struct {
	SchemaVersion int64
	ClockSkew     time.Duration
}

// Do fails with unavailable when the database does not answer, its schema is older than
// this binary's, or the clocks are more than two seconds apart.
func (uc *CheckReadiness) Do(ctx context.Context, _ CheckReadinessIn) (CheckReadinessOut, error) {
	before := uc.clock.Now()
	status, err := uc.database.Probe(ctx)
	if err != nil {
		return CheckReadinessOut{}, unavailable(err)
	}
	after := uc.clock.Now()
	out := CheckReadinessOut{SchemaVersion: status.SchemaVersion, ClockSkew: skew(before, after, status.Now)}
	uc.skew.Store(int64(out.ClockSkew))
	if status.SchemaVersion < status.WantVersion {
		err := fmt.Errorf("the schema is at version %d and this binary needs %d: run doorcode migrate up",
			status.SchemaVersion, status.WantVersion)
		return out, domain.ErrUnavailable.Because(err)
	}
	return out, uc.Clock()
}

// Clock fails with unavailable when the clock was out of tolerance at the last check. It
// does no I/O, so that it can guard every request that depends on the time.
func (uc *CheckReadiness) Clock() error {
	if apart := time.Duration(uc.skew.Load()); apart > maxClockSkew {
		return domain.ErrUnavailable.Because(fmt.Errorf("the clock is %s from the database's: synchronise both (NTP)", apart))
	}
	return nil
}

// unavailable wraps err, unless it is that fault already.
func unavailable(err error) error {
	if errors.Is(err, domain.ErrUnavailable) {
		return err
	}
	return domain.ErrUnavailable.Because(err)
}

// skew is the distance of a time to the interval in which it was read.
func skew(before, after, there time.Time) time.Duration {
	return max(0, before.Sub(there), there.Sub(after))
}
