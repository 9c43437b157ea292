package system

import "time"

// Clock is the clock of this machine.
type Clock struct{}

// Now is the time in UTC, truncated to microseconds.
func (Clock) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
