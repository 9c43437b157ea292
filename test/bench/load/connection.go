package load

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// connection is one persistent connection to the server. Its descriptor is
// taken out of Go's own poller: the loop has one for all.
type connection struct {
	fd    int
	in    []byte // what has come of the answer under way
	out   []byte // room for requests
	begun time.Time
	idle  bool // has nothing left to do
}

var (
	errClosed     = errors.New("the server closed the connection")
	errShortWrite = errors.New("the server does not take a request")
	errNotLocal   = errors.New("the load goes to the loopback address only")
)

const dialTimeout = 5 * time.Second

// open connects to the server; it refuses any that is not on this machine.
func (c *connection) open(address string) error {
	if err := checkLoopback(address); err != nil {
		return err
	}
	conn, err := net.DialTimeout("tcp", address, dialTimeout)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return fmt.Errorf("take the connection's descriptor: %w", err)
	}
	var dupErr error
	err = raw.Control(func(fd uintptr) { c.fd, dupErr = syscall.Dup(int(fd)) })
	if err = errors.Join(err, dupErr); err != nil {
		return fmt.Errorf("take the connection's descriptor: %w", err)
	}
	syscall.CloseOnExec(c.fd)
	c.in = c.in[:0]
	return nil
}

// checkLoopback refuses an address that is not literally one of this machine.
func checkLoopback(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().IsLoopback() {
		return fmt.Errorf("%w, not to %s", errNotLocal, address)
	}
	return nil
}

// close gives the descriptor back.
func (c *connection) close() error { return syscall.Close(c.fd) }

// send writes a whole request; an idle connection has room for it.
func (c *connection) send(request []byte) error {
	n, err := syscall.Write(c.fd, request)
	switch {
	case err != nil:
		return fmt.Errorf("write a request: %w", err)
	case n < len(request):
		return errShortWrite
	}
	return nil
}

// receive reads what has come. The answer is complete when size is not 0.
func (c *connection) receive() (a answer, size int, err error) {
	if len(c.in) == cap(c.in) {
		c.in = append(c.in, make([]byte, max(len(c.in), 4<<10))...)[:len(c.in)]
	}
	n, err := syscall.Read(c.fd, c.in[len(c.in):cap(c.in)])
	switch {
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
		return answer{}, 0, nil
	case err != nil:
		return answer{}, 0, fmt.Errorf("read an answer: %w", err)
	case n == 0:
		return answer{}, 0, errClosed
	}
	c.in = c.in[:len(c.in)+n]
	return parse(c.in)
}

// consume drops the answer that has been read.
func (c *connection) consume(size int) { c.in = append(c.in[:0], c.in[size:]...) }
