//go:build linux || darwin || freebsd || netbsd || openbsd

package postgres

import (
	"errors"
	"net"
	"syscall"
)

// quiet reports whether a socket that nobody is using is open and has nothing to
// read. What a server says unasked is its farewell.
func quiet(socket net.Conn) bool {
	open, ok := socket.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := open.SyscallConn()
	if err != nil {
		return false
	}
	waiting := false
	err = raw.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		waiting = errors.Is(err, syscall.EAGAIN)
	})
	return err == nil && waiting
}
