package statusstream

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

const patience = time.Minute

// testHub is a hub behind a real server, over a status that the test sets. A client's
// address is its header X-Client.
type testHub struct {
	*Hub
	t      *testing.T
	server *httptest.Server

	mu    sync.Mutex
	state State
	err   error
	reads int
	hold  chan struct{} // that reads wait for before they return; nil for nothing
}

func setup(t *testing.T, poll, heartbeat time.Duration, change ...func(*http.Server)) *testHub {
	t.Helper()
	h := &testHub{t: t}
	h.Hub = New(h.readState)
	h.poll, h.heartbeat = poll, heartbeat
	h.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, _ := netip.ParseAddr(r.Header.Get("X-Client"))
		if err := h.Serve(w, r, "challenge", client); err != nil {
			fault := domain.AsError(err)
			http.Error(w, fault.Code+" "+fault.Limit+" "+fault.RetryAfter.String(), http.StatusServiceUnavailable)
		}
	}))
	for _, c := range change {
		c(h.server.Config)
	}
	h.server.Start()
	t.Cleanup(h.server.Close)
	return h
}

func (h *testHub) readState(context.Context, domain.ChallengeID) (State, error) {
	h.mu.Lock()
	h.reads++
	state, err, hold := h.state, h.err, h.hold
	h.mu.Unlock()
	if hold != nil {
		<-hold
	}
	return state, err
}

func (h *testHub) set(status string, final bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state = State{Body: status, Final: final}
}

func (h *testHub) fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
}

func (h *testHub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reads
}

// usage is how many challenges are polled, and how many streams are open.
func (h *testHub) usage() (challenges, open int) {
	h.Hub.mu.Lock()
	defer h.Hub.mu.Unlock()
	return len(h.watches), h.open
}

// requireUnused waits until no stream is open and no challenge is polled.
func (h *testHub) requireUnused() {
	h.t.Helper()
	require.Eventually(h.t, func() bool {
		challenges, open := h.usage()
		return challenges+open == 0
	}, patience, time.Millisecond)
}

// stream is an open stream of events.
type stream struct {
	t        *testing.T
	response *http.Response
	lines    *bufio.Scanner
	hangUp   context.CancelFunc
}

// event is one event. A comment has no name, and its text is in data.
type event struct{ name, id, data string }

func (h *testHub) listen(header ...string) *stream {
	h.t.Helper()
	ctx, hangUp := context.WithCancel(h.t.Context())
	h.t.Cleanup(hangUp)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.server.URL, nil)
	require.NoError(h.t, err)
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	resp, err := h.server.Client().Do(req)
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = resp.Body.Close() })
	return &stream{t: h.t, response: resp, lines: bufio.NewScanner(resp.Body), hangUp: hangUp}
}

// refused returns the text of a request that is refused.
func (h *testHub) refused(header ...string) string {
	h.t.Helper()
	s := h.listen(header...)
	require.Equal(h.t, http.StatusServiceUnavailable, s.response.StatusCode)
	text, err := io.ReadAll(s.response.Body)
	require.NoError(h.t, err)
	return strings.TrimSpace(string(text))
}

// next waits for the next event; ok is false at the end of the stream.
func (s *stream) next() (e event, ok bool) {
	s.t.Helper()
	late := time.AfterFunc(patience, s.hangUp)
	defer func() { require.True(s.t, late.Stop(), "neither an event nor the end after %s", patience) }()
	for s.lines.Scan() {
		name, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch name {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			e.data = value
		case "":
			if value != "" {
				e.data = value
			}
			if e != (event{}) {
				return e, true
			}
		}
	}
	return event{}, false
}

// expect requires the next event.
func (s *stream) expect(name, status string) {
	s.t.Helper()
	e, ok := s.next()
	require.True(s.t, ok, "the stream has ended, want %s", status)
	id := ""
	if name == "end" {
		id = lastEventID
	}
	require.Equal(s.t, event{name, id, status}, e)
}

func (s *stream) expectEnd() {
	s.t.Helper()
	e, ok := s.next()
	require.False(s.t, ok, "%+v after the end", e)
}

func TestHub_sendsEveryChange(t *testing.T) {
	t.Parallel()
	h := setup(t, 5*time.Millisecond, time.Hour)
	h.set("queued", false)
	s := h.listen()
	require.Equal(t, http.StatusOK, s.response.StatusCode)
	require.Equal(t, "text/event-stream", s.response.Header.Get("Content-Type"))
	require.Equal(t, "no", s.response.Header.Get("X-Accel-Buffering"))
	s.expect("status", "queued")
	h.set("sent", false)
	s.expect("status", "sent")
	h.fail(domain.ErrUnavailable)
	before := h.count()
	require.Eventually(t, func() bool { return h.count() > before+3 }, patience, time.Millisecond,
		"it polls on after an error")
	h.set("delivered", true)
	h.fail(nil)
	s.expect("status", "delivered")
	s.expect("end", "delivered")
	s.expectEnd()
	h.requireUnused()
}

// A challenge that is gone has had its last state.
func TestHub_endsWhenTheChallengeIsGone(t *testing.T) {
	t.Parallel()
	h := setup(t, 5*time.Millisecond, time.Hour)
	h.set("sent", false)
	s := h.listen()
	s.expect("status", "sent")
	h.fail(domain.ErrDeliveryNotFound)
	s.expect("end", "sent")
	s.expectEnd()
	h.requireUnused()
}

// A client that reconnects after the end is told by 204 that nothing is new.
func TestHub_lastEventID(t *testing.T) {
	t.Parallel()
	h := setup(t, 5*time.Millisecond, time.Hour)
	h.set("sent", false)
	s := h.listen("Last-Event-ID: end")
	s.expect("status", "sent")
	h.set("read", true)
	s.expect("status", "read")
	s.expect("end", "read")
	s.expectEnd()
	require.Equal(t, http.StatusNoContent, h.listen("Last-Event-ID: end").response.StatusCode)
	require.Equal(t, http.StatusOK, h.listen("Last-Event-ID: END").response.StatusCode)
}

// A challenge is polled once for all its streams.
func TestHub_sharesPolling(t *testing.T) {
	t.Parallel()
	h := setup(t, time.Hour, time.Hour)
	h.set("sent", false)
	var all []*stream
	for range 5 {
		s := h.listen()
		s.expect("status", "sent")
		all = append(all, s)
	}
	challenges, open := h.usage()
	require.Equal(t, []int{1, 5}, []int{challenges, open})
	require.Equal(t, 5, h.count(), "one read for each subscription")
	h.set("delivered", true)
	s := h.listen()
	s.expect("status", "delivered")
	for _, s := range all {
		s.expect("status", "delivered")
		s.expect("end", "delivered")
	}
	h.requireUnused()
}

// An earlier read never overwrites a later one: reads of a challenge do not overlap.
func TestHub_readsInOrder(t *testing.T) {
	t.Parallel()
	h := setup(t, 5*time.Millisecond, time.Hour)
	h.set("queued", false)
	s := h.listen()
	s.expect("status", "queued")
	hold := make(chan struct{})
	h.mu.Lock()
	before := h.reads
	h.hold = hold
	h.mu.Unlock()
	require.Eventually(t, func() bool { return h.count() > before }, patience, time.Millisecond)
	h.set("sent", false)
	other := make(chan *stream, 1)
	go func() { other <- h.listen() }()
	require.Eventually(t, func() bool { _, open := h.usage(); return open == 2 }, patience, time.Millisecond)
	require.Never(t, func() bool { return h.count() > before+1 }, 50*time.Millisecond, time.Millisecond)
	h.mu.Lock()
	h.hold = nil
	h.mu.Unlock()
	close(hold)
	(<-other).expect("status", "sent")
	s.expect("status", "sent")
}

func TestHub_stopsPollingWithoutStreams(t *testing.T) {
	t.Parallel()
	h := setup(t, time.Millisecond, time.Hour)
	h.set("sent", false)
	s := h.listen()
	s.expect("status", "sent")
	s.hangUp()
	h.requireUnused()
	before := h.count()
	require.Never(t, func() bool { return h.count() > before+1 }, 50*time.Millisecond, time.Millisecond,
		"but one under way")
}

func TestHub_heartbeat(t *testing.T) {
	t.Parallel()
	h := setup(t, time.Hour, 5*time.Millisecond)
	h.set("sent", false)
	s := h.listen()
	s.expect("status", "sent")
	for range 3 {
		e, ok := s.next()
		require.True(t, ok)
		require.Equal(t, event{data: "keep-alive"}, e)
	}
}

// A stream outlives the timeouts of other requests and answers.
func TestHub_outlivesTimeouts(t *testing.T) {
	t.Parallel()
	h := setup(t, 5*time.Millisecond, 50*time.Millisecond, func(s *http.Server) {
		s.ReadTimeout, s.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	})
	h.set("queued", false)
	s := h.listen()
	s.expect("status", "queued")
	for begun := time.Now(); time.Since(begun) < 400*time.Millisecond; {
		e, ok := s.next()
		require.True(t, ok, "cut after %s", time.Since(begun))
		require.Equal(t, "keep-alive", e.data)
	}
	h.set("delivered", true)
	for {
		e, ok := s.next()
		require.True(t, ok)
		if e.name == "end" {
			break
		}
	}
}

// A client that disconnects, or does not read, leaves nothing behind.
func TestHub_releasesWhatClientsLeave(t *testing.T) {
	t.Parallel()
	h := setup(t, 5*time.Millisecond, 5*time.Millisecond)
	h.set("sent", false)
	for range 8 {
		s := h.listen()
		s.expect("status", "sent")
		s.hangUp()
	}
	h.requireUnused()
	conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
	require.NoError(t, err)
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1")
	require.NoError(t, err)
	require.Eventually(t, func() bool { _, open := h.usage(); return open == 1 }, patience, time.Millisecond)
	require.NoError(t, conn.Close())
	h.requireUnused()
}

func TestHub_boundsStreamsOfAClient(t *testing.T) {
	t.Parallel()
	h := setup(t, time.Hour, time.Hour)
	h.set("sent", false)
	for i := range maxStreamsPerClient {
		h.listen("X-Client: 2001:db8::"+strconv.Itoa(i)).expect("status", "sent")
	}
	require.Equal(t, "rate_limited ip_streams 5s", h.refused("X-Client: 2001:db8::ffff"))
	h.listen("X-Client: 2001:db8:0:1::1").expect("status", "sent")
}

func TestHub_boundsAllStreams(t *testing.T) {
	t.Parallel()
	h := setup(t, time.Hour, time.Hour)
	h.set("sent", false)
	for i := range maxStreams {
		s := h.listen("X-Client: 10.0." + strconv.Itoa(i/16/250) + "." + strconv.Itoa(i/16%250))
		require.Equal(t, http.StatusOK, s.response.StatusCode, i)
	}
	require.Equal(t, "unavailable  5s", h.refused("X-Client: 192.0.2.1"))
}

// Streams end when the hub closes, so that clients go elsewhere. A client that connects
// later gets the present state.
func TestHub_Close(t *testing.T) {
	t.Parallel()
	h := setup(t, time.Hour, time.Hour)
	h.set("sent", false)
	s := h.listen()
	s.expect("status", "sent")
	h.Close()
	h.Close()
	s.expectEnd()
	late := h.listen()
	late.expect("status", "sent")
	late.expectEnd()
	h.requireUnused()
}

func TestHub_refusesWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	h := setup(t, time.Hour, time.Hour)
	h.fail(errors.New("down"))
	require.Equal(t, "internal_error  0s", h.refused())
	h.requireUnused()
}
