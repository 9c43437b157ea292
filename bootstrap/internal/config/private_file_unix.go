//go:build linux || darwin || freebsd || netbsd || openbsd

package config

import (
	"fmt"
	"os"
	"syscall"
)

// seenByOthers says how others than the user of this process can come at a file, ""
// if they cannot. Of one that is not there it says nothing.
func seenByOthers(path string) string {
	const others = 0o077
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	switch {
	case info.Mode().Perm()&others != 0:
		return fmt.Sprintf("open to others (mode %04o)", info.Mode().Perm())
	case known && int(owner.Uid) != os.Geteuid():
		return fmt.Sprintf("owned by another user (uid %d)", owner.Uid)
	}
	return ""
}
