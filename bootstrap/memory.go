package bootstrap

import (
	"os"
	"runtime/debug"
)

// tuneMemory lets the heap grow to three times what lives before it is swept: that is
// little here, and sweeping it takes more than a third of the time of a sign-in.
// GOGC says otherwise, and GOMEMLIMIT bounds it all the same.
func tuneMemory() {
	const growth = 200 // percent
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growth)
	}
}
