package port

import (
	"context"
	"time"
)

// Leases lets one instance of many do a thing that only one should do.
type Leases interface {
	// Acquire must give a lease to one holder at a time, until it ends.
	// Its holder must be able to renew it, and another must get it once it has ended.
	Acquire(ctx context.Context, lease Lease) (acquired bool, err error)
}

// Lease is the wish to do a thing alone for a while.
type Lease struct {
	Name   string
	Holder string
	Now    time.Time
	Until  time.Time
}
