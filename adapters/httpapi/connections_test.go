package httpapi_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// crowd is a server on a real socket, whose clients come from where the test says.
type crowd struct {
	*world
	inner net.Listener
	from  chan string // where the next connection comes from
}

func newCrowd(t *testing.T, all, perClient int) *crowd {
	t.Helper()
	w := setup(t, func(s *settings) {
		s.config.MaxConnections, s.config.MaxPerClient = all, perClient
		s.config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &crowd{world: w, inner: l, from: make(chan string, 10_000)}
	server := w.api.Server("")
	served := make(chan error, 1)
	go func() { served <- server.Serve(w.api.Limit(c)) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	return c
}

func (c *crowd) Accept() (net.Conn, error) {
	conn, err := c.inner.Accept()
	if err != nil {
		return nil, err
	}
	return comer{conn.(*net.TCPConn), <-c.from}, nil
}

func (c *crowd) Close() error   { return c.inner.Close() }
func (c *crowd) Addr() net.Addr { return c.inner.Addr() }

// comer is a connection from elsewhere.
type comer struct {
	*net.TCPConn
	from string
}

func (c comer) RemoteAddr() net.Addr { return named(c.from) }

type named string

func (named) Network() string  { return "tcp" }
func (n named) String() string { return string(n) }

// dial opens a connection that comes from an address.
func (c *crowd) dial(from string) net.Conn {
	c.t.Helper()
	c.from <- from
	conn, err := net.Dial("tcp", c.inner.Addr().String())
	require.NoError(c.t, err)
	c.t.Cleanup(func() { conn.Close() })
	require.NoError(c.t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	return conn
}

// ask makes a request on a connection, which stays open, and tells the status: 0 for
// a connection that was closed.
func ask(conn net.Conn) int { return exchange(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") }

func exchange(conn net.Conn, send string) int {
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

func TestLimit_perClient(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 100, 3)
	var open []net.Conn
	for i, from := range []string{"192.0.2.1:1", "[::ffff:192.0.2.1]:2", "192.0.2.1:3"} {
		open = append(open, c.dial(from))
		require.Equal(t, http.StatusOK, ask(open[i]), from)
	}
	for range 20 {
		require.Zero(t, ask(c.dial("192.0.2.1:9")), "one too many is closed")
	}
	require.Equal(t, http.StatusOK, ask(open[0]), "those before it are unhurt")
	require.Equal(t, http.StatusOK, ask(c.dial("192.0.2.2:1")), "and so is everybody else")

	open[1].Close()
	require.Eventually(t, func() bool { return ask(c.dial("192.0.2.1:4")) == http.StatusOK }, 5*time.Second, time.Millisecond, "its place comes back")
	require.Zero(t, ask(c.dial("192.0.2.1:9")), "and no other")

	lines := c.logs.find("connections of a client refused")
	require.Len(t, lines, 1, "a line a minute")
	require.Equal(t, []any{"WARN", "192.0.2.1/32", "http.max_per_client"}, []any{lines[0]["level"], lines[0]["client"], lines[0]["limit"]})
}

func TestLimit_isOfANetworkInIPv6(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 100, 2)
	require.Equal(t, http.StatusOK, ask(c.dial("[2001:db8:0:1::1]:1")))
	require.Equal(t, http.StatusOK, ask(c.dial("[2001:db8:0:1:ffff::2]:1")))
	require.Zero(t, ask(c.dial("[2001:db8:0:1::3]:1")))
	require.Equal(t, http.StatusOK, ask(c.dial("[2001:db8:0:2::1]:1")))
}

func TestLimit_exempts(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"127.0.0.1:1", "[::1]:1", "10.1.2.3:1", "[::ffff:10.1.2.3]:1", "@"} {
		c := newCrowd(t, 100, 2)
		for range 10 {
			require.Equal(t, http.StatusOK, ask(c.dial(from)), from)
		}
	}
}

func TestLimit_inAll(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 3, 100)
	var open []net.Conn
	for i := range 3 {
		open = append(open, c.dial(fmt.Sprintf("192.0.2.%d:1", i)))
		begin(open[i])
	}
	late := c.dial("192.0.2.9:1")
	answer := make(chan int, 1)
	go func() { answer <- ask(late) }()
	require.Eventually(t, func() bool { return len(c.logs.find("connections wait for others to end")) > 0 }, 10*time.Second, time.Millisecond)
	require.Empty(t, answer, "all have something under way")
	open[0].Close()
	require.Equal(t, http.StatusOK, <-answer, "it waits until another one ends")
	require.Equal(t, http.StatusOK, end(open[1]))
	require.Equal(t, http.StatusOK, end(open[2]))
}

// begin sends a part of a request, and end the rest of it.
func begin(conn net.Conn) { _, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n") }

func end(conn net.Conn) int { return exchange(conn, "\r\n") }

// However they come and go, the count is exact: at the end there is room for as many
// as before, and not for one more.
func TestLimit_underChurn(t *testing.T) {
	t.Parallel()
	const all, perClient, clients = 16, 4, 8
	c := newCrowd(t, all, perClient)
	var churning sync.WaitGroup
	for i := range clients {
		churning.Go(func() {
			for range 50 {
				c.from <- fmt.Sprintf("192.0.2.%d:1", i%2)
				conn, err := net.Dial("tcp", c.inner.Addr().String())
				if err != nil {
					return
				}
				_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
				ask(conn)
				conn.Close()
			}
		})
	}
	churning.Wait()
	for i := range 2 {
		from := fmt.Sprintf("192.0.2.%d:1", i)
		open := 0
		require.Eventually(t, func() bool { // those of before are closed in a moment
			if ask(c.dial(from)) == http.StatusOK {
				open++
			}
			return open == perClient
		}, 5*time.Second, time.Millisecond)
		require.Zero(t, ask(c.dial(from)))
	}
	var busy []net.Conn
	for i := range all {
		busy = append(busy, c.dial(fmt.Sprintf("198.51.100.%d:1", i)))
		begin(busy[i])
	}
	late := c.dial("203.0.113.1:1")
	require.NoError(t, late.SetDeadline(time.Now().Add(50*time.Millisecond)))
	require.Zero(t, ask(late), "there is room for one more")
	for i, conn := range busy {
		require.Equal(t, http.StatusOK, end(conn), "there is no room for connection %d", i)
	}
}

// A server that stops does not wait for a place, and a connection that was not made
// takes none.
func TestLimit_endsWithTheListener(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 1, 2)
	l := c.api.Limit(broken{c})
	failed := make(chan error, 3)
	go func() {
		for range cap(failed) {
			_, err := l.Accept()
			failed <- err
		}
	}()
	for range cap(failed) {
		select {
		case err := <-failed:
			require.ErrorIs(t, err, errAccept)
		case <-time.After(5 * time.Second):
			t.Fatal("a connection that was not made has taken a place")
		}
	}

	l = c.api.Limit(endless{c})
	_, err := l.Accept()
	require.NoError(t, err)
	go func() {
		_, err := l.Accept()
		failed <- err
	}()
	require.NoError(t, l.Close())
	select {
	case err := <-failed:
		require.ErrorIs(t, err, net.ErrClosed)
	case <-time.After(5 * time.Second):
		t.Fatal("it waits for a place")
	}
}

var errAccept = errors.New("too many open files")

// broken is a listener that accepts nothing.
type broken struct{ net.Listener }

func (broken) Accept() (net.Conn, error) { return nil, errAccept }

// endless is one with a connection for everybody who asks.
type endless struct{ net.Listener }

func (endless) Accept() (net.Conn, error) { return comer{&net.TCPConn{}, "192.0.2.1:1"}, nil }

func (endless) Close() error { return nil }

// An answer that comes before the whole request is read arrives all the same: the
// server may still close its half alone.
func TestLimit_keepsHalfClosing(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 10, 10)
	conn := c.dial("192.0.2.1:1")
	go func() {
		_, _ = io.WriteString(conn, "POST /accounts/otp/request HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1048576\r\n\r\n"+
			strings.Repeat("x", 1<<20))
	}()
	all, err := io.ReadAll(conn)
	require.NoError(t, err, "it is reset, and the answer may be lost with it")
	require.Contains(t, string(all), "413 Request Entity Too Large")
	require.Contains(t, string(all), "body_too_large")
}
