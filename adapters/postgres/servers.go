package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
)

// servers are the servers of a URL. They share the timeout of a connection attempt, so that
// one which is silent leaves time for the others.
type servers struct {
	each    []pq.Config
	kinds   []pq.TargetSessionAttrs // the kinds of server to look for, one after the other
	timeout time.Duration
	shuffle bool
	next    atomic.Int64 // index of the server to begin with: the one that accepted last
}

func newServers(cfg pq.Config, timeout time.Duration) *servers {
	s := &servers{timeout: timeout, shuffle: cfg.LoadBalanceHosts == pq.LoadBalanceHostsRandom}
	if t := cfg.ConnectTimeout; t > 0 {
		s.timeout = min(timeout, t)
	}
	s.kinds = []pq.TargetSessionAttrs{cfg.TargetSessionAttrs}
	if cfg.TargetSessionAttrs == pq.TargetSessionAttrsPreferStandby { // with which the driver loops without end
		s.kinds = []pq.TargetSessionAttrs{pq.TargetSessionAttrsStandby, pq.TargetSessionAttrsAny}
	}
	one := cfg.Clone()
	one.Multi, one.ConnectTimeout = nil, 0 // the dialer applies the timeout
	s.each = []pq.Config{one}
	for _, other := range cfg.Multi {
		one := one.Clone()
		one.Host, one.Hostaddr, one.Port = other.Host, other.Hostaddr, other.Port
		s.each = append(s.each, one)
	}
	return s
}

// connect returns a connection to the first server that accepts, and its socket.
func (s *servers) connect(ctx context.Context) (driver.Conn, net.Conn, error) {
	begin := s.next.Load()
	if s.shuffle {
		begin = s.next.Add(1)
	}
	var errs []error
	n := int64(len(s.each))
	for i := range n * int64(len(s.kinds)) {
		cfg := s.each[(begin+i)%n]
		cfg.TargetSessionAttrs = s.kinds[i/n]
		opened, socket, err := connect(ctx, cfg, s.timeout/time.Duration(n*int64(len(s.kinds))))
		if err == nil {
			if !s.shuffle {
				s.next.Store((begin + i) % n)
			}
			return opened, socket, nil
		}
		if n > 1 {
			s.next.CompareAndSwap(begin, begin+1) // not to begin with a silent server again
			err = fmt.Errorf("connect to %s:%d: %w", cfg.Host, cfg.Port, err)
		}
		errs = append(errs, err)
	}
	return nil, nil, &connectError{errors.Join(errs...)}
}

// connect returns a connection to one server, whose socket has the deadline of the attempt.
func connect(ctx context.Context, cfg pq.Config, timeout time.Duration) (driver.Conn, net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	connector, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, nil, err
	}
	var d dialer
	connector.Dialer(&d)
	opened, err := connector.Connect(ctx)
	return opened, d.socket, err
}

// dialer opens sockets with the deadline of the connection attempt and keeps the last one.
type dialer struct{ socket net.Conn }

func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	var nd net.Dialer
	socket, err := nd.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	d.socket = socket
	return socket, socket.SetDeadline(deadline)
}

func (d *dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

func (d *dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}
