// Package upkeep has the use cases that nobody asks for: keeping the stores
// small, and telling whether this instance can work.
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

// maxClockSkew is how far the clock may be from the database's: every expiry and
// every window of a limit is decided by the clock of one instance.
const maxClockSkew = 2 * time.Second

// CheckReadiness tells whether this instance can serve.
type CheckReadiness struct {
	database port.Database
	clock    port.Clock
	skew     atomic.Int64 // in nanoseconds, when the clocks were last compared
}

// NewCheckReadiness makes the use case.
func NewCheckReadiness(database port.Database, clock port.Clock) *CheckReadiness {
	return &CheckReadiness{database: database, clock: clock}
}

// CheckReadinessIn has nothing in it.
type CheckReadinessIn struct{}

// CheckReadinessOut is what was found.
type CheckReadinessOut struct {
	SchemaVersion int64
	ClockSkew     time.Duration
}

// Do fails with unavailable when the database does not answer, its schema is
// older than this binary's, or the clocks are more than two seconds apart.
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
		err := fmt.Errorf("the schema is at version %d and this binary needs %d: run doorcode migrate up", status.SchemaVersion, status.WantVersion)
		return out, domain.ErrUnavailable.Because(err)
	}
	return out, uc.Clock()
}

// Clock fails with unavailable while the clock was too far from the database's
// when they were last compared. It asks nobody, and so may be asked before
// everything that time decides.
func (uc *CheckReadiness) Clock() error {
	if apart := time.Duration(uc.skew.Load()); apart > maxClockSkew {
		return domain.ErrUnavailable.Because(fmt.Errorf("the clock is %s from the database's: synchronise both (NTP)", apart))
	}
	return nil
}

// unavailable is err as such a fault, which it may be already.
func unavailable(err error) error {
	if errors.Is(err, domain.ErrUnavailable) {
		return err
	}
	return domain.ErrUnavailable.Because(err)
}

// skew is how far there is outside of the interval in which it was read.
func skew(before, after, there time.Time) time.Duration {
	switch {
	case there.Before(before):
		return before.Sub(there)
	case there.After(after):
		return there.Sub(after)
	default:
		return 0
	}
}
