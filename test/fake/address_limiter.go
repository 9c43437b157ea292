package fake

import (
	"net/netip"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

// AddressLimiter allows everything, for tests of what comes after it. It is
// the one fake that keeps no contract: it is a limiter that is switched off.
type AddressLimiter struct{}

// Take allows.
func (AddressLimiter) Take(port.AddressAction, netip.Addr) (wait time.Duration, ok bool) {
	return 0, true
}
