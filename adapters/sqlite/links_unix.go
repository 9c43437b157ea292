//go:build unix

package sqlite

import (
	"os"
	"syscall"
)

// names is how many names a file has, 1 if that is not known.
func names(path string) uint64 {
	if info, err := os.Stat(path); err == nil {
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			return uint64(stat.Nlink) // of another type on each system
		}
	}
	return 1
}
