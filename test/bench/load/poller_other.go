//go:build !linux

package load

import (
	"errors"
	"time"
)

// poller is written for Linux only, as the measures of the process are.
type poller struct{}

var errOnlyLinux = errors.New("the load client needs Linux (epoll)")

func newPoller(int) (*poller, error) { return nil, errOnlyLinux }

func (*poller) add(int, int) error { return errOnlyLinux }

func (*poller) wait(names []int, _ time.Duration) ([]int, error) { return names, errOnlyLinux }

func (*poller) close() error { return nil }
