//go:build linux || darwin || freebsd || netbsd || openbsd

package postgres

import (
	"errors"
	"net"
	"syscall"
)

// isIdle reports whether an unused socket is open and has nothing to read. What a server
// sends unasked is the message that it closes the connection.
func isIdle(socket net.Conn) bool {
	open, ok := socket.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := open.SyscallConn()
	if err != nil {
		return false
	}
	idle := false
	err = raw.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		idle = errors.Is(err, syscall.EAGAIN)
	})
	return err == nil && idle
}
