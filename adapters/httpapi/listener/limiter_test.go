package listener_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/listener"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// patience is how long a test waits for what must happen, on a busy machine too.
const patience = time.Minute

// testServer is a server on a real socket, whose clients have the addresses that the
// test chooses. GET is answered with 200, and POST once its body has been read; /early
// is answered before.
type testServer struct {
	t       *testing.T
	clock   *fake.Clock
	logs    *logLines
	limiter *listener.Limiter
	inner   net.Listener
	from    chan string // addresses of the next connections

	mu    sync.Mutex
	idles map[string]int // how often connections have become idle, by address
}

func setup(t *testing.T, total, perClient int) *testServer {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &testServer{
		t: t, clock: fake.NewClock(), logs: &logLines{}, inner: inner, from: make(chan string, 10_000),
		idles: map[string]int{},
	}
	s.limiter = listener.New(listener.Config{
		MaxConnections: total, MaxPerClient: perClient,
		Trusted: listener.NewProxies([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}),
	}, s.clock, slog.New(slog.NewTextHandler(s.logs, nil)))
	server := &http.Server{ConnState: s.connState, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/early" {
			w.Header().Set("Connection", "close")
		} else {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		_, _ = io.WriteString(w, "done")
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(s.limiter.Listen(s)) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	return s
}

func (s *testServer) Accept() (net.Conn, error) {
	conn, err := s.inner.Accept()
	if err != nil {
		return nil, err
	}
	return remoteConn{conn.(*net.TCPConn), <-s.from}, nil
}

func (s *testServer) Close() error   { return s.inner.Close() }
func (s *testServer) Addr() net.Addr { return s.inner.Addr() }

func (s *testServer) connState(conn net.Conn, state http.ConnState) {
	s.limiter.ConnState(conn, state)
	if state == http.StateIdle {
		s.mu.Lock()
		s.idles[conn.RemoteAddr().String()]++
		s.mu.Unlock()
	}
}

// getIdle makes the nth request on a connection, and waits until the server knows that
// the connection is idle again: it sends the answer before.
func (s *testServer) getIdle(conn net.Conn, from string, nth int) {
	s.t.Helper()
	require.Equal(s.t, http.StatusOK, get(conn))
	require.Eventually(s.t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.idles[from] == nth
	}, patience, time.Millisecond)
}

// remoteConn is a connection from a chosen address.
type remoteConn struct {
	*net.TCPConn
	from string
}

func (c remoteConn) RemoteAddr() net.Addr { return testAddr(c.from) }

type testAddr string

func (testAddr) Network() string  { return "tcp" }
func (a testAddr) String() string { return string(a) }

// dial opens a connection from an address.
func (s *testServer) dial(from string) net.Conn {
	s.t.Helper()
	s.from <- from
	conn, err := net.Dial("tcp", s.inner.Addr().String())
	require.NoError(s.t, err)
	s.t.Cleanup(func() { conn.Close() })
	require.NoError(s.t, conn.SetDeadline(time.Now().Add(patience)))
	return conn
}

// get makes a request on a connection, which stays open, and returns the status: 0 for
// a connection that was closed.
func get(conn net.Conn) int { return roundTrip(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") }

func roundTrip(conn net.Conn, send string) int {
	if _, err := io.WriteString(conn, send); err != nil {
		return 0
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// begin makes a request and waits until it is under way: the server asks for its body.
func (s *testServer) begin(conn net.Conn) {
	s.t.Helper()
	const proceed = "HTTP/1.1 100 Continue\r\n\r\n"
	_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
	require.NoError(s.t, err)
	answer := make([]byte, len(proceed))
	_, err = io.ReadFull(conn, answer)
	require.NoError(s.t, err)
	require.Equal(s.t, proceed, string(answer))
}

// end sends the body of a request that has begun, and returns its status.
func end(conn net.Conn) int { return roundTrip(conn, "{}") }

// awaitFull advances the clock, so that the limiter may warn again, then opens a
// connection and waits until it has found no room. It returns the connection's status,
// once there is one.
func (s *testServer) awaitFull(from string) <-chan int {
	s.t.Helper()
	s.clock.Advance(time.Minute)
	before := s.logs.count("connections wait for others to end")
	conn, status := s.dial(from), make(chan int, 1)
	go func() { status <- get(conn) }()
	require.Eventually(s.t, func() bool {
		return s.logs.count("connections wait for others to end") > before || len(status) > 0
	}, patience, time.Millisecond)
	require.Empty(s.t, status, "there is room for one more")
	return status
}

// logLines counts log lines.
type logLines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logLines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logLines) count(message string) int { return strings.Count(l.String(), message) }

func TestLimiter_perClient(t *testing.T) {
	t.Parallel()
	s := setup(t, 100, 3)
	var open []net.Conn
	for i, from := range []string{"192.0.2.1:1", "[::ffff:192.0.2.1]:2", "192.0.2.1:3"} {
		open = append(open, s.dial(from))
		require.Equal(t, http.StatusOK, get(open[i]), from)
	}
	for range 20 {
		require.Zero(t, get(s.dial("192.0.2.1:9")), "one too many is closed")
	}
	require.Equal(t, http.StatusOK, get(open[0]), "the others stay open")
	require.Equal(t, http.StatusOK, get(s.dial("192.0.2.2:1")), "and so do other clients")

	open[1].Close()
	require.Eventually(t, func() bool { return get(s.dial("192.0.2.1:4")) == http.StatusOK }, patience, time.Millisecond)
	require.Zero(t, get(s.dial("192.0.2.1:9")), "one slot was released")

	require.Equal(t, 1, s.logs.count("connections of a client refused"), "a line a minute")
	require.Contains(t, s.logs.String(),
		"level=WARN msg=\"connections of a client refused\" count=1 limit=http.max_per_client client=192.0.2.1/32\n")
}

func TestLimiter_perNetworkInIPv6(t *testing.T) {
	t.Parallel()
	s := setup(t, 100, 2)
	require.Equal(t, http.StatusOK, get(s.dial("[2001:db8:0:1::1]:1")))
	require.Equal(t, http.StatusOK, get(s.dial("[2001:db8:0:1:ffff::2]:1")))
	require.Zero(t, get(s.dial("[2001:db8:0:1::3]:1")))
	require.Equal(t, http.StatusOK, get(s.dial("[2001:db8:0:2::1]:1")))
}

func TestLimiter_exempts(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"127.0.0.1:1", "[::1]:1", "10.1.2.3:1", "[::ffff:10.1.2.3]:1", "@"} {
		s := setup(t, 100, 2)
		for range 10 {
			require.Equal(t, http.StatusOK, get(s.dial(from)), from)
		}
	}
}

func TestLimiter_total(t *testing.T) {
	t.Parallel()
	s := setup(t, 3, 100)
	var open []net.Conn
	for i := range 3 {
		open = append(open, s.dial(fmt.Sprintf("192.0.2.%d:1", i)))
		s.begin(open[i])
	}
	late := s.awaitFull("192.0.2.9:1")
	open[0].Close()
	require.Equal(t, http.StatusOK, <-late, "it waits until another one ends")
	require.Equal(t, http.StatusOK, end(open[1]))
	require.Equal(t, http.StatusOK, end(open[2]))
}

// A client that keeps idle connections keeps no other client out.
func TestLimiter_shedsTheLongestIdle(t *testing.T) {
	t.Parallel()
	const total = 4
	s := setup(t, total, total)
	var hoard []net.Conn
	for i := range total {
		from := fmt.Sprintf("192.0.2.1:%d", i)
		hoard = append(hoard, s.dial(from))
		s.getIdle(hoard[i], from, 1)
	}
	s.getIdle(hoard[0], "192.0.2.1:0", 2) // it is the last used now
	for range total - 1 {
		require.Equal(t, http.StatusOK, get(s.dial("192.0.2.2:1")))
	}
	for _, conn := range hoard[1:] {
		require.Zero(t, get(conn), "the longest idle ones were shed")
	}
	require.Equal(t, http.StatusOK, get(hoard[0]))
}

// A client that opens connections and never completes a header keeps no other client
// out: idle connections are shed first, then those, and requests under way never.
func TestLimiter_shedsIncompleteHeaders(t *testing.T) {
	t.Parallel()
	s := setup(t, 4, 4)
	busy := s.dial("192.0.2.3:1")
	s.begin(busy)
	silent := s.dial("192.0.2.1:1")
	partial := s.dial("192.0.2.1:2")
	_, err := io.WriteString(partial, "GET / HTTP/1.1\r\nHost: x\r\nA: ")
	require.NoError(t, err)
	idle := s.dial("192.0.2.2:1")
	s.getIdle(idle, "192.0.2.2:1", 1)

	first := s.dial("192.0.2.4:1")
	s.begin(first)
	require.Zero(t, get(idle), "the idle one is shed first")
	second := s.dial("192.0.2.4:2")
	s.begin(second)
	_, err = silent.Read(make([]byte, 1))
	require.Error(t, err, "then the one that was longest without a header")
	third := s.dial("192.0.2.4:3")
	s.begin(third)
	_, err = partial.Read(make([]byte, 1))
	require.Error(t, err, "then the next")
	late := s.awaitFull("192.0.2.5:1")
	for _, conn := range []net.Conn{busy, first, second, third} {
		require.Equal(t, http.StatusOK, end(conn))
	}
	require.Equal(t, http.StatusOK, <-late)
}

// Of connections that are all in use, the first to become idle is shed.
func TestLimiter_shedsTheNextIdle(t *testing.T) {
	t.Parallel()
	s := setup(t, 1, 1)
	busy := s.dial("192.0.2.1:1")
	s.begin(busy)
	late := s.awaitFull("192.0.2.2:1")
	require.Equal(t, http.StatusOK, end(busy))
	require.Equal(t, http.StatusOK, <-late)
}

// A shed connection, and one that the server has closed, is not shed again, although
// the server has not reported its end yet: each new connection gets a slot.
func TestLimiter_shedsEachOnce(t *testing.T) {
	t.Parallel()
	const total = 3
	limiter := listener.New(listener.Config{MaxConnections: total, MaxPerClient: 10}, fake.NewClock(),
		slog.New(slog.DiscardHandler))
	l := limiter.Listen(endless{})
	accept := func(states ...http.ConnState) net.Conn {
		t.Helper()
		accepted := make(chan net.Conn, 1)
		go func() {
			conn, _ := l.Accept()
			accepted <- conn
		}()
		select {
		case conn := <-accepted:
			for _, state := range states {
				limiter.ConnState(conn, state)
			}
			return conn
		case <-time.After(patience):
			t.Fatal("no slot is free, although connections could be shed")
			return nil
		}
	}
	var idle []net.Conn
	for range total {
		idle = append(idle, accept(http.StateNew, http.StateActive, http.StateIdle))
	}
	accept(http.StateNew, http.StateActive)      // sheds idle[0]
	_ = idle[1].Close()                          // as the server does
	accept(http.StateNew, http.StateActive)      // takes its slot
	accept(http.StateNew, http.StateActive)      // sheds idle[2]
	limiter.ConnState(idle[0], http.StateIdle)   // a request that had just begun has ended
	limiter.ConnState(idle[2], http.StateActive) // or begins
	full := make(chan net.Conn, 1)
	go func() {
		conn, _ := l.Accept()
		full <- conn
	}()
	limiter.ConnState(idle[2], http.StateClosed)
	require.Never(t, func() bool { return len(full) > 0 }, 20*time.Millisecond, time.Millisecond,
		"all have a request under way")
	require.NoError(t, l.Close())
	<-full
}

// The count stays exact under churn: at the end there is room for as many connections
// as before, and for no more.
func TestLimiter_underChurn(t *testing.T) {
	t.Parallel()
	const total, perClient, clients = 16, 4, 8
	s := setup(t, total, perClient)
	var churning sync.WaitGroup
	for i := range clients {
		churning.Go(func() {
			for range 50 {
				s.from <- fmt.Sprintf("192.0.2.%d:1", i%2)
				conn, err := net.Dial("tcp", s.inner.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				_ = conn.SetDeadline(time.Now().Add(patience))
				get(conn)
				conn.Close()
			}
		})
	}
	churning.Wait()
	for i := range 2 {
		from := fmt.Sprintf("192.0.2.%d:1", i)
		open := 0
		require.Eventually(t, func() bool { // the server notices the ends of the others in a moment
			if get(s.dial(from)) == http.StatusOK {
				open++
			}
			return open == perClient
		}, patience, time.Millisecond)
		require.Zero(t, get(s.dial(from)))
	}
	var busy []net.Conn
	for i := range total {
		busy = append(busy, s.dial(fmt.Sprintf("198.51.100.%d:1", i)))
		s.begin(busy[i])
	}
	late := s.awaitFull("203.0.113.1:1")
	for i, conn := range busy {
		require.Equal(t, http.StatusOK, end(conn), "there is no room for connection %d", i)
	}
	require.Equal(t, http.StatusOK, <-late)
}

// Closing the listener ends a wait for a slot, and a connection that was not made takes
// none.
func TestLimiter_closes(t *testing.T) {
	t.Parallel()
	limiter := listener.New(listener.Config{MaxConnections: 1, MaxPerClient: 2}, fake.NewClock(),
		slog.New(slog.DiscardHandler))
	l := limiter.Listen(broken{})
	for range 3 {
		_, err := l.Accept()
		require.ErrorIs(t, err, errAccept)
	}
	l = limiter.Listen(endless{})
	_, err := l.Accept()
	require.NoError(t, err)
	failed := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		failed <- err
	}()
	require.NoError(t, l.Close())
	select {
	case err := <-failed:
		require.ErrorIs(t, err, net.ErrClosed)
	case <-time.After(patience):
		t.Fatal("it waits for a slot")
	}
}

var errAccept = errors.New("too many open files")

// broken is a listener that accepts nothing.
type broken struct{ net.Listener }

func (broken) Accept() (net.Conn, error) { return nil, errAccept }

// endless is a listener that accepts a connection at every call.
type endless struct{ net.Listener }

func (endless) Accept() (net.Conn, error) { return remoteConn{&net.TCPConn{}, "192.0.2.1:1"}, nil }

func (endless) Close() error { return nil }

// An answer that is sent before the whole request is read arrives: the server may still
// close its half alone.
func TestLimiter_halfCloses(t *testing.T) {
	t.Parallel()
	s := setup(t, 10, 10)
	conn := s.dial("192.0.2.1:1")
	go func() {
		_, _ = io.WriteString(conn, "POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n"+
			strings.Repeat("x", 1<<20))
	}()
	all, err := io.ReadAll(conn)
	require.NoError(t, err, "a reset may lose the answer")
	require.Contains(t, string(all), "200 OK")
	require.Contains(t, string(all), "done")
}
