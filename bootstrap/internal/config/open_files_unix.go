//go:build linux || darwin

package config

import (
	"math"
	"syscall"
)

// openFiles is how many files the process may have open. The runtime has raised the
// limit as far as it may.
func openFiles() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxUint64
	}
	return limit.Cur
}
