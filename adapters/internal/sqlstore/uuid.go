package sqlstore

import (
	"fmt"
	"time"
)

// FirstUUID sorts before every UUID of version 7 that was made at the time or
// later, and after every one that was made in an earlier millisecond (RFC 9562,
// 5.7).
func FirstUUID(at time.Time) string {
	ms := max(0, at.UnixMilli())
	return fmt.Sprintf("%08x-%04x-7000-8000-000000000000", ms>>16, ms&0xffff)
}
