package main

import "syscall"

// widenPipe gives a pipe more room than the usual 64 KiB.
func widenPipe(fd, size int) error {
	const setPipeSize = 1031 // F_SETPIPE_SZ of fcntl(2)
	if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), setPipeSize, uintptr(size)); errno != 0 {
		return errno
	}
	return nil
}
