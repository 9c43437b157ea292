package listener

import (
	"container/list"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

// Config bounds the open connections.
type Config struct {
	MaxConnections int     // open at once
	MaxPerClient   int     // of them, from one address (IPv6: one /64)
	Trusted        Proxies // not bound by MaxPerClient
}

// Limiter bounds the open connections of a server. A client over its own limit is
// refused: its next connection is closed at once. Loopback and trusted proxies, which
// speak for many clients, are bound by the total alone. At the total, a new connection
// takes the place of the longest idle one, or else of the one that has been longest
// without a complete request header, or else waits until a request ends. A connection
// with a request under way is never closed.
type Limiter struct {
	perClient int
	trusted   Proxies
	slots     chan struct{} // semaphore: one token per open connection
	clock     port.Clock
	logger    *slog.Logger

	mu            sync.Mutex
	perNetwork    map[netip.Prefix]int // open connections of bound clients, without zeros
	idle          list.List            // *connection between requests, longest first
	headerless    list.List            // *connection before its first complete header, longest first
	wanted        bool                 // the next idle connection is to be closed
	full, refused alarm
}

// New makes a Limiter. Its ConnState must be the server's.
func New(cfg Config, clock port.Clock, logger *slog.Logger) *Limiter {
	return &Limiter{
		perClient: cfg.MaxPerClient, trusted: cfg.Trusted, slots: make(chan struct{}, cfg.MaxConnections),
		clock: clock, logger: logger, perNetwork: map[netip.Prefix]int{},
	}
}

// Listen bounds the connections that l accepts. The listeners of one server share the
// bounds, and one of them may wait for a connection to end at a time.
func (m *Limiter) Listen(l net.Listener) net.Listener {
	return &listener{Listener: l, limiter: m, closed: make(chan struct{})}
}

// ConnState tracks connections between requests; it is for http.Server. The server
// reports StateActive once the header of a request is complete.
func (m *Limiter) ConnState(conn net.Conn, state http.ConnState) {
	c, ok := conn.(*connection)
	if !ok {
		return
	}
	m.mu.Lock()
	m.unlist(c)
	shed := false
	switch {
	case c.closed:
	case state == http.StateNew:
		c.list, c.place = &m.headerless, m.headerless.PushBack(c)
	case state == http.StateIdle && m.wanted:
		m.wanted, shed = false, true
	case state == http.StateIdle:
		c.list, c.place = &m.idle, m.idle.PushBack(c)
	}
	m.mu.Unlock()
	if shed {
		_ = c.Close()
	}
}

// unlist needs m.mu.
func (m *Limiter) unlist(c *connection) {
	if c.place != nil {
		c.list.Remove(c.place)
		c.list, c.place = nil, nil
	}
}

// shed closes a connection without a request under way: now, or as soon as there is one.
// A connection leaves its list before it is closed, so that none is shed twice.
func (m *Limiter) shed() {
	m.mu.Lock()
	oldest := m.idle.Front()
	if oldest == nil {
		oldest = m.headerless.Front()
	}
	if oldest == nil {
		m.wanted = true
		m.mu.Unlock()
		return
	}
	c := oldest.Value.(*connection)
	m.unlist(c)
	m.mu.Unlock()
	_ = c.Close()
}

// networkOf is the network that a connection counts for, zero if it is not bound.
func (m *Limiter) networkOf(peer net.Addr) netip.Prefix {
	at, err := netip.ParseAddrPort(peer.String())
	if err != nil { // a Unix socket
		return netip.Prefix{}
	}
	addr := plainAddr(at.Addr())
	if addr.IsLoopback() || m.trusted.trust(addr) {
		return netip.Prefix{}
	}
	return Network(addr)
}

// admit counts a connection of a client, unless the client is at its limit.
func (m *Limiter) admit(from netip.Prefix) bool {
	if !from.IsValid() {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.perNetwork[from] >= m.perClient {
		m.raise(&m.refused, "connections of a client refused", "limit", "http.max_per_client", "client", from.String())
		return false
	}
	m.perNetwork[from]++
	return true
}

// release undoes admit. It needs m.mu.
func (m *Limiter) release(from netip.Prefix) {
	if !from.IsValid() {
		return
	}
	if m.perNetwork[from]--; m.perNetwork[from] == 0 {
		delete(m.perNetwork, from)
	}
}

// alarm is a warning that is logged at most once a minute.
type alarm struct {
	last  time.Time
	count int // since then
}

// raise needs m.mu.
func (m *Limiter) raise(a *alarm, message string, attrs ...any) {
	a.count++
	now := m.clock.Now()
	if !a.last.IsZero() && now.Sub(a.last) < time.Minute {
		return
	}
	m.logger.Warn(message, append([]any{"count", a.count}, attrs...)...)
	a.last, a.count = now, 0
}

// listener accepts what its limiter admits.
type listener struct {
	net.Listener
	limiter *Limiter
	closed  chan struct{}
	close   sync.Once
}

// Accept waits for a connection that may be open.
func (l *listener) Accept() (net.Conn, error) {
	m := l.limiter
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := m.networkOf(conn.RemoteAddr())
		if !m.admit(from) {
			_ = conn.Close()
			continue
		}
		if err := l.acquire(); err != nil {
			m.mu.Lock()
			m.release(from)
			m.mu.Unlock()
			_ = conn.Close()
			return nil, err
		}
		return &connection{Conn: conn, limiter: m, from: from}, nil
	}
}

// acquire takes a token of the semaphore, and sheds a connection when there is none.
func (l *listener) acquire() error {
	m := l.limiter
	select {
	case m.slots <- struct{}{}:
		return nil
	default:
	}
	m.mu.Lock()
	m.raise(&m.full, "connections wait for others to end", "limit", "http.max_connections")
	m.mu.Unlock()
	m.shed()
	defer func() {
		m.mu.Lock()
		m.wanted = false
		m.mu.Unlock()
	}()
	select {
	case m.slots <- struct{}{}:
		return nil
	case <-l.closed:
		return net.ErrClosed
	}
}

// Close closes the listener, and ends a wait in Accept.
func (l *listener) Close() error {
	l.close.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// connection holds a token of the semaphore until it is closed.
type connection struct {
	net.Conn
	limiter *Limiter
	from    netip.Prefix

	// Guarded by limiter.mu.
	list   *list.List // that place is in, nil while a request is under way
	place  *list.Element
	closed bool
}

// Close closes the connection. It leaves the list of its limiter before its token is
// free: the server reports the end later.
func (c *connection) Close() error {
	err := c.Conn.Close()
	c.limiter.mu.Lock()
	defer c.limiter.mu.Unlock()
	if !c.closed {
		c.closed = true
		c.limiter.unlist(c)
		c.limiter.release(c.from)
		<-c.limiter.slots
	}
	return err
}

// CloseWrite closes the writing half: the server does so before it closes a connection
// with unread input.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
