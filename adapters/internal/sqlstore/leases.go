package sqlstore

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
)

// Leases implements port.Leases.
type Leases struct{ db DB }

// Acquire implements port.Leases.
func (s *Leases) Acquire(ctx context.Context, lease port.Lease) (acquired bool, err error) {
	n, err := WriteExec(ctx, s.db, "acquire lease "+lease.Name, acquireLease,
		lease.Name, lease.Holder, lease.Until, lease.Now)
	return n == 1, err
}

const acquireLease = `
INSERT INTO leases (name, holder, until)
VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE
   SET holder = EXCLUDED.holder, until = EXCLUDED.until
 WHERE leases.holder = EXCLUDED.holder OR leases.until <= $4`
