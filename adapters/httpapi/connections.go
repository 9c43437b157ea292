package httpapi

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

// connections is a listener that bounds how many connections are open: in all,
// where a new one takes the place of the longest idle one, or waits until another is
// closed, and from one client, whose next one
// is closed at once so that nobody takes all of them. A client is a peer's address,
// of IPv6 its /64. This machine and trusted proxies, which speak for many, are bound
// by the first limit alone.
type connections struct {
	net.Listener
	perClient int
	trusted   proxies
	slots     chan struct{} // has a word for each open connection
	idle      *idleConnections
	closed    chan struct{}
	close     sync.Once
	alarms    alarms

	mu   sync.Mutex
	open map[netip.Prefix]int // of clients that are bound, without zeros
}

// Limit bounds the connections of a listener.
func (a *API) Limit(l net.Listener) net.Listener {
	return &connections{
		Listener: l, perClient: a.config.MaxPerClient, trusted: a.proxies,
		slots: make(chan struct{}, a.config.MaxConnections), idle: &a.idle, closed: make(chan struct{}),
		alarms: alarms{clock: a.clock, logger: a.logger}, open: map[netip.Prefix]int{},
	}
}

// Accept waits for a connection that may be open.
func (l *connections) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		client := l.clientOf(conn.RemoteAddr())
		if !l.enter(client) {
			_ = conn.Close() // nobody is left to tell
			l.alarms.refused.raise(&l.alarms, "connections of a client refused", "http.max_per_client", client.String())
			continue
		}
		if err := l.awaitSlot(); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return &connection{Conn: conn, leave: func() { l.leave(client) }}, nil
	}
}

func (l *connections) awaitSlot() error {
	select {
	case l.slots <- struct{}{}:
		return nil
	default:
		l.alarms.full.raise(&l.alarms, "connections wait for others to end", "http.max_connections", "")
	}
	l.idle.shed()
	defer l.idle.suffice()
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-l.closed:
		return net.ErrClosed
	}
}

// Close closes the listener, and ends a wait in Accept.
func (l *connections) Close() error {
	l.close.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// clientOf is whom a connection counts for, the zero Prefix if for nobody.
func (l *connections) clientOf(peer net.Addr) netip.Prefix {
	const ipv6Client = 64 // bits that are one client's
	at, err := netip.ParseAddrPort(peer.String())
	if err != nil { // on a Unix socket
		return netip.Prefix{}
	}
	addr := plainAddr(at.Addr())
	if addr.IsLoopback() || l.trusted.trust(addr) {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(addr, min(addr.BitLen(), ipv6Client)).Masked()
}

// enter counts a connection of a client, unless they have all that they may.
func (l *connections) enter(client netip.Prefix) bool {
	if !client.IsValid() {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[client] >= l.perClient {
		return false
	}
	l.open[client]++
	return true
}

func (l *connections) leave(client netip.Prefix) {
	if client.IsValid() {
		l.mu.Lock()
		if l.open[client]--; l.open[client] == 0 {
			delete(l.open, client)
		}
		l.mu.Unlock()
	}
	<-l.slots
}

// connection is one that counts until it is closed.
type connection struct {
	net.Conn
	leave func()
	once  sync.Once
}

// Close closes the connection.
func (c *connection) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.leave)
	return err
}

// CloseWrite says that nothing more comes: the server wants to, before it closes a
// connection on which it has not read everything.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// alarms tell an operator what a limit does, without a line for each connection.
type alarms struct {
	clock         port.Clock
	logger        *slog.Logger
	full, refused alarm
}

// alarm is one that is told at most once a minute. It is used by whoever accepts,
// alone.
type alarm struct {
	last  time.Time
	count int // since then
}

func (a *alarm) raise(to *alarms, what, key, client string) {
	a.count++
	now := to.clock.Now()
	if !a.last.IsZero() && now.Sub(a.last) < time.Minute {
		return
	}
	attrs := []any{"count", a.count, "limit", key}
	if client != "" {
		attrs = append(attrs, "client", client)
	}
	to.logger.Warn(what, attrs...)
	a.last, a.count = now, 0
}
