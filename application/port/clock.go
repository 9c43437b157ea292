package port

import "time"

// Clock is the only source of the current time, for the statements of stores too.
type Clock interface {
	// Now must be in UTC and cut to microseconds, so that it survives a database.
	Now() time.Time
}
