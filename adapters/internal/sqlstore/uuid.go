package sqlstore

import (
	"fmt"
	"time"
)

// IsUUID reports whether text is a UUID as this service writes it, in lower
// case. Anything else names nothing, and PostgreSQL would call it an error.
func IsUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		switch c := text[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}

// FirstUUID sorts before every UUID of version 7 that was made at the time or
// later, and after every one that was made in an earlier millisecond (RFC 9562,
// 5.7).
func FirstUUID(at time.Time) string {
	ms := max(0, at.UnixMilli())
	return fmt.Sprintf("%08x-%04x-7000-8000-000000000000", ms>>16, ms&0xffff)
}
