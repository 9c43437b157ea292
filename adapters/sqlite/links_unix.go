//go:build unix

package sqlite

import (
	"os"
	"syscall"
)

// linkCount is the number of hard links of a file, 1 if it cannot be determined.
func linkCount(path string) uint64 {
	if info, err := os.Stat(path); err == nil {
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			return uint64(stat.Nlink) // its type depends on the system
		}
	}
	return 1
}
