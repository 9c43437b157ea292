package load

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

// poller waits for descriptors to become readable (epoll, level-triggered).
type poller struct {
	fd     int
	events []syscall.EpollEvent
}

func newPoller(most int) (*poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a poller: %w", err)
	}
	return &poller{fd: fd, events: make([]syscall.EpollEvent, most)}, nil
}

// add makes the poller watch fd, until it is closed, under a name.
func (p *poller) add(fd, name int) error {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(name)}
	if err := syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, fd, &event); err != nil {
		return fmt.Errorf("watch a connection: %w", err)
	}
	return nil
}

// wait appends the names of the descriptors that are readable, of none if there
// is none within the time.
func (p *poller) wait(names []int, most time.Duration) ([]int, error) {
	n, err := syscall.EpollWait(p.fd, p.events, int(most.Milliseconds()))
	if errors.Is(err, syscall.EINTR) {
		return names, nil
	}
	if err != nil {
		return names, fmt.Errorf("wait for answers: %w", err)
	}
	for _, event := range p.events[:n] {
		names = append(names, int(event.Fd))
	}
	return names, nil
}

func (p *poller) close() error { return syscall.Close(p.fd) }
