package port

import (
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Random is where everything that nobody may guess comes from: a cryptographic
// generator, never a counter or the time.
//
// It must be safe for concurrent use.
type Random interface {
	// Seed must never repeat, and each of its bits must be set as often as not.
	Seed() domain.Seed
	// UUID must be a version 7 UUID of the given time in lower case, so that those
	// of later milliseconds sort later.
	// It must never repeat, however often the same time is given.
	UUID(at time.Time) string
	// Suffix must be n characters of a-z and 2-7, each as likely as the others.
	Suffix(n int) string
}
