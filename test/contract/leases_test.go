package contract

import (
	"context"
	"testing"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

// leases are what a test makes of good ones.
type leases func(ctx context.Context, lease port.Lease) (bool, error)

func (f leases) Acquire(ctx context.Context, lease port.Lease) (bool, error) { return f(ctx, lease) }

func breakLeases(change func(*port.Lease)) breaker {
	return func(s *Stores) {
		good := s.Leases
		s.Leases = leases(func(ctx context.Context, lease port.Lease) (bool, error) {
			change(&lease)
			return good.Acquire(ctx, lease)
		})
	}
}

func TestLeases_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	seesBreakers(t, leasePromises(), map[string]breaker{
		"Acquire must grant a": breakLeases(func(l *port.Lease) { l.Until = l.Until.Add(-time.Microsecond) }),
		"Its holder must be able": breakLeases(func(l *port.Lease) {
			if l.Holder == "bob" {
				l.Now = l.Now.Add(-time.Microsecond)
			}
		}),
	})
}
