package bootstrap

import (
	"os"
	"runtime/debug"
)

// tuneMemory lets the heap grow further than usual before it is swept: what lives is
// little here, and the memory that it takes is still less than the program itself.
// GOGC says otherwise, and GOMEMLIMIT bounds it all the same.
func tuneMemory() {
	const growth = 150 // percent
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growth)
	}
}
