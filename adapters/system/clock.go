package system

import "time"

// Clock is the clock of this machine.
type Clock struct{}

// Now is the time in UTC, cut to microseconds.
func (Clock) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
