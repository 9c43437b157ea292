package load

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// echo is a Play of acts of two requests: the second sends back what the first
// was answered, in other words.
type echo struct {
	acts    int // to start; those left
	path    string
	step    map[int]int
	started int
	ended   int
}

func (e *echo) Start(connection int, buf []byte) ([]byte, bool) {
	if e.acts == 0 {
		return nil, false
	}
	e.acts--
	e.started++
	e.step[connection] = 1
	return post(buf, e.path, fmt.Sprintf("act %d", e.started)), true
}

func (e *echo) Follow(connection int, body, buf []byte) ([]byte, error) {
	if !bytes.HasPrefix(body, []byte("you said act ")) {
		return nil, fmt.Errorf("the answer is %q", body)
	}
	if e.step[connection]++; e.step[connection] == 2 {
		return post(buf, e.path, string(body[len("you said "):])), nil
	}
	e.ended++
	return nil, nil
}

func post(buf []byte, path, body string) []byte {
	return fmt.Appendf(buf, "POST %s HTTP/1.1\r\nHost: local\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

// serve starts a server that says what it was told, and counts its connections.
func serve(t *testing.T, handler http.HandlerFunc) (address string, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://"), connections
}

func say(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = io.WriteString(w, "you said "+string(body))
}

func newEcho(acts int) *echo { return &echo{acts: acts, path: "/", step: map[int]int{}} }

func TestRun_everyActIsPlayedOnce(t *testing.T) {
	t.Parallel()
	address, connections := serve(t, say)
	play := newEcho(500)
	result, err := Run(t.Context(), Options{Address: address, Connections: 7, For: time.Minute}, play)
	require.NoError(t, err)
	require.Empty(t, result.Failures.String())
	require.Equal(t, 500, play.ended)
	require.EqualValues(t, 7, connections.Load(), "the connections are kept")
	// The run's end is when there was nothing left to start, so what was under way
	// then does not count.
	require.InDelta(t, 500, result.Acts, 7)
	require.Len(t, result.Latencies, result.Acts)
	require.Positive(t, result.Rate())
	require.Less(t, result.Took, time.Minute)
}

func TestRun_endsInTime(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, say)
	play := newEcho(1 << 30)
	begun := time.Now()
	result, err := Run(t.Context(), Options{Address: address, Connections: 3, For: 100 * time.Millisecond}, play)
	require.NoError(t, err)
	require.Less(t, time.Since(begun), 5*time.Second)
	require.Equal(t, 100*time.Millisecond, result.Took)
	require.Positive(t, result.Acts)
	require.Equal(t, play.started, play.ended, "what was under way at the end is waited for")
}

func TestRun_longAnswersInChunks(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("act ", 20_000)
	address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "you said act "+long)
	})
	sizes := playFunc(func(body []byte) error {
		if len(body) != len("you said act ")+len(long) {
			return fmt.Errorf("the body has %d bytes", len(body))
		}
		return nil
	})
	result, err := Run(t.Context(), Options{Address: address, Connections: 2, For: 100 * time.Millisecond}, sizes)
	require.NoError(t, err)
	require.Empty(t, result.Failures.String())
	require.Positive(t, result.Acts)
}

// playFunc is a Play of single requests that looks at their answers.
type playFunc func(body []byte) error

func (playFunc) Start(_ int, buf []byte) ([]byte, bool) { return post(buf, "/", "act"), true }

func (p playFunc) Follow(_ int, body, _ []byte) ([]byte, error) { return nil, p(body) }

func TestRun_countsFailures(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	address, connections := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch requests.Add(1) % 50 {
		case 0:
			http.Error(w, "the pool is empty", http.StatusServiceUnavailable)
		case 10:
			w.Header().Set("Connection", "close")
			http.Error(w, "go away", http.StatusBadRequest)
		case 20:
			panic(http.ErrAbortHandler)
		case 30:
			_, _ = io.WriteString(w, "nonsense")
		default:
			say(w, r)
		}
	})
	play := newEcho(400)
	result, err := Run(t.Context(), Options{Address: address, Connections: 4, For: time.Minute}, play)
	require.NoError(t, err)
	require.Equal(t, 400, play.ended+result.Failures.Total(), "an act ends well or as a failure")
	for _, kind := range []string{
		"status 503, first: the pool is empty", "status 400, first: go away",
		"no answer, first: the server closed the connection", `an answer of no use, first: the answer is "nonsense"`,
	} {
		require.Contains(t, result.Failures.String(), kind)
	}
	require.Greater(t, connections.Load(), int64(4), "closed connections are replaced")
	require.LessOrEqual(t, result.Acts, play.ended, "a failure is no act")
}

func TestRun_givesUp(t *testing.T) {
	t.Parallel()
	t.Run("when everything fails", func(t *testing.T) {
		t.Parallel()
		address, _ := serve(t, http.NotFound)
		result, err := Run(t.Context(), Options{Address: address, Connections: 2, For: time.Minute}, newEcho(1<<30))
		require.ErrorContains(t, err, "too many failures")
		require.Equal(t, maxFailures, result.Failures.Total())
	})
	t.Run("when its context ends", func(t *testing.T) {
		t.Parallel()
		hang := make(chan struct{})
		address, _ := serve(t, func(http.ResponseWriter, *http.Request) { <-hang })
		t.Cleanup(func() { close(hang) })
		ctx, cancel := context.WithCancel(t.Context())
		cause := time.AfterFunc(50*time.Millisecond, cancel)
		t.Cleanup(func() { cause.Stop() })
		_, err := Run(ctx, Options{Address: address, Connections: 2, For: time.Minute}, newEcho(1<<30))
		require.ErrorIs(t, err, context.Canceled)
	})
	t.Run("when nobody listens", func(t *testing.T) {
		t.Parallel()
		address := freeAddress(t)
		_, err := Run(t.Context(), Options{Address: address, Connections: 2, For: time.Minute}, newEcho(1))
		require.ErrorContains(t, err, "connect")
	})
	t.Run("at an address of another machine", func(t *testing.T) {
		t.Parallel()
		require.ErrorIs(t, checkLoopback("192.0.2.1:80"), errNotLocal)
		require.ErrorIs(t, checkLoopback("example.org:80"), errNotLocal)
		require.NoError(t, checkLoopback("127.0.0.1:80"))
	})
}

// freeAddress is an address without a listener.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}
