package port

import (
	"net/netip"
	"time"
)

// AddressAction is a rate-limited action of a client address.
type AddressAction string

// The limited actions; their names are those of the limits in answers.
const (
	AddressRequest AddressAction = "ip_request"
	AddressVerify  AddressAction = "ip_verify"
)

// AddressLimiter limits the requests of one client address by token buckets, before any
// store is read. It is per instance: a coarse limit in front of the exact ones.
type AddressLimiter interface {
	// Take must allow a burst of the rate's count, then refill evenly.
	// A refused take must cost nothing and return how long to wait.
	// Each action must have a budget of its own.
	// An IPv6 address must share the budget of its /64, and a mapped IPv4 address that of the IPv4 address.
	// All clients without a known address must share one budget.
	// Parallel takes must get no more than the budget.
	// A clock that is set back must neither refill a budget nor lengthen a wait.
	// Its memory must be bounded, however many addresses there are.
	Take(action AddressAction, from netip.Addr) (wait time.Duration, ok bool)
}
