//go:build linux || darwin || freebsd || netbsd || openbsd

package console

import "syscall"

// isWritable reports whether this process can create files in a folder.
func isWritable(folder string) bool {
	const writeAndSearch = 0o3 // W_OK and X_OK of access(2)
	return syscall.Access(folder, writeAndSearch) == nil
}
