package port

import (
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Random is where everything that nobody may guess comes from. Its numbers must
// come from a cryptographic generator.
type Random interface {
	// Seed must never repeat.
	Seed() domain.Seed
	// UUID must be a version 7 UUID of the given time in lower case, so that those
	// of later milliseconds sort later.
	UUID(at time.Time) string
	// Suffix must be n characters of a-z and 2-7.
	Suffix(n int) string
}
