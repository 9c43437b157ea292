package port

import (
	"context"
	"time"
)

// Leases elects one instance for periodic work.
type Leases interface {
	// Acquire must grant a lease to one holder at a time, until it expires.
	// Its holder must be able to renew it, and another must be able to acquire it once it has expired.
	Acquire(ctx context.Context, lease Lease) (acquired bool, err error)
}

// Lease is a request for exclusive work until a time.
type Lease struct {
	Name   string
	Holder string
	Now    time.Time
	Until  time.Time
}
