package sqlstore

import (
	"context"
	"fmt"

	"github.com/doorcode-auth/doorcode/application/port"
)

// Leases implements port.Leases.
type Leases struct{ db DB }

// NewLeases makes the store.
func NewLeases(db DB) *Leases { return &Leases{db} }

// Acquire implements port.Leases.
func (s *Leases) Acquire(ctx context.Context, lease port.Lease) (acquired bool, err error) {
	err = s.db.Write(ctx, func(ctx context.Context, q Queryer) error {
		n, err := Exec(ctx, q, acquireLease, lease.Name, lease.Holder, lease.Until, lease.Now)
		acquired = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("acquire lease %s: %w", lease.Name, err)
	}
	return acquired, nil
}

const acquireLease = `
INSERT INTO leases (name, holder, until)
VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE
   SET holder = EXCLUDED.holder, until = EXCLUDED.until
 WHERE leases.holder = EXCLUDED.holder OR leases.until <= $4`
