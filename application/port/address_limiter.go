package port

import (
	"net/netip"
	"time"
)

// AddressAction is what an address may do so often.
type AddressAction string

// The limited actions; their names are those of the limits in answers.
const (
	AddressRequest AddressAction = "ip_request"
	AddressVerify  AddressAction = "ip_verify"
)

// AddressLimiter bounds what one client address may do, before any store is
// asked. It is per instance: an outer wall, not the exact limit.
type AddressLimiter interface {
	// Take must allow a burst of the rate's count, then refill evenly.
	// A refused take must cost nothing and tell how long to wait.
	// Actions must have budgets of their own.
	// An IPv6 address must share the budget of its /64, and a mapped IPv4 address that of the IPv4 address.
	// All callers whose address is unknown must share one budget.
	// Parallel takes must get no more than the budget.
	// A clock that is set back must neither fill a budget nor make anybody wait longer.
	// Its memory must be bounded, however many addresses there are.
	Take(action AddressAction, from netip.Addr) (wait time.Duration, ok bool)
}
