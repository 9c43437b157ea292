package port

import "time"

// Clock is where the time comes from; no statement of a store reads another.
type Clock interface {
	// Now must be in UTC and cut to microseconds, so that it survives a database.
	Now() time.Time
}
