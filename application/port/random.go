package port

import (
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Random is a cryptographically secure source of random values.
//
// It must be safe for concurrent use.
type Random interface {
	// Seed must never repeat, and each of its bits must be uniform.
	Seed() domain.Seed
	// UUID must be a version 7 UUID of the given time in lower case, so that those
	// of later milliseconds sort later.
	// It must never repeat, also for the same time.
	UUID(at time.Time) string
	// Suffix must be n uniform characters of a-z and 2-7.
	Suffix(n int) string
}
