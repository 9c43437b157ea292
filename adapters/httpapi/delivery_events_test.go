package httpapi_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/httpapi"
	"github.com/doorcode-auth/doorcode/domain"
)

const patience = 5 * time.Second

func watched(w *world) (challenges, open int) { return httpapi.Watched(w.api) }

// nothingLeft waits until no stream is open and no challenge is looked after.
func nothingLeft(t *testing.T, w *world) {
	t.Helper()
	require.Eventually(t, func() bool {
		challenges, open := watched(w)
		return challenges+open == 0
	}, patience, time.Millisecond)
}

// stream is a stream of events that a test reads.
type stream struct {
	t        *testing.T
	response *http.Response
	lines    *bufio.Scanner
	hangUp   context.CancelFunc
}

// event is one event, or what is said beside: its name is then "" and the text is in
// data.
type event struct{ name, id, data string }

func (w *world) listen(t *testing.T, header ...string) *stream {
	t.Helper()
	ctx, hangUp := context.WithCancel(t.Context())
	t.Cleanup(hangUp)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.server.URL+eventsPath, nil)
	require.NoError(t, err)
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	resp, err := w.server.Client().Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	return &stream{t: t, response: resp, lines: bufio.NewScanner(resp.Body), hangUp: hangUp}
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

// expect wants the next event to tell a status.
func (s *stream) expect(name, status string) {
	s.t.Helper()
	e, ok := s.next()
	require.True(s.t, ok, "the stream has ended, want %s", status)
	require.Equal(s.t, name, e.name)
	require.Contains(s.t, e.data, `,"status":"`+status+`","channel"`)
	require.Equal(s.t, name == "end", e.id == "end")
}

func (s *stream) expectEnd() {
	s.t.Helper()
	e, ok := s.next()
	require.False(s.t, ok, "%+v after the end", e)
}

func TestEvents_tellEveryChange(t *testing.T) {
	t.Parallel()
	w := setup(t)
	httpapi.Hurry(w.api, 5*time.Millisecond, time.Hour)
	w.messages.put(domain.DeliveryQueued)
	s := w.listen(t)
	require.Equal(t, http.StatusOK, s.response.StatusCode)
	require.Equal(t, "text/event-stream", s.response.Header.Get("Content-Type"))
	require.Equal(t, "no-store", s.response.Header.Get("Cache-Control"))
	require.Equal(t, "no", s.response.Header.Get("X-Accel-Buffering"))
	s.expect("status", "queued")
	w.messages.report(domain.DeliverySent)
	s.expect("status", "sent")
	w.messages.fail(domain.ErrUnavailable)
	before := w.messages.looks()
	require.Eventually(t, func() bool { return w.messages.looks() > before+3 }, patience, time.Millisecond, "it goes on while the store is away")
	w.messages.fail(nil)
	w.messages.report(domain.DeliveryDelivered)
	s.expect("status", "delivered")
	s.expect("end", "delivered")
	s.expectEnd()
	nothingLeft(t, w)
}

func TestEvents_thatAreOver(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.messages.put(domain.DeliveryRead)
	got := w.do(http.MethodGet, eventsPath+"/", "")
	require.Equal(t, http.StatusOK, got.Status)
	data := `{"challenge_id":"` + someChallenge + `","status":"read","channel":"sms","deliveries":[{"channel":"sms","provider":"twilio","status":"read","at":"2026-03-14T12:00:00Z"}]}`
	require.Equal(t, "retry: 2000\nevent: status\ndata: "+data+"\n\nevent: end\nid: end\ndata: "+data+"\n\n", got.Body)
	require.Equal(t, data, w.do(http.MethodGet, statusPath, "").Body)
	for _, id := range []string{"", "0", "END", strings.Repeat("x", 4000), "ü"} {
		require.Equal(t, http.StatusOK, w.do(http.MethodGet, eventsPath, "", "Last-Event-ID: "+id).Status, id)
	}
	require.Equal(t, http.StatusNoContent, w.do(http.MethodGet, eventsPath, "", "Last-Event-ID: end").Status, "browsers stop then")
	head := w.do(http.MethodHead, eventsPath, "")
	require.Equal(t, http.StatusOK, head.Status)
	require.Equal(t, "text/event-stream", head.Header.Get("Content-Type"))
	nothingLeft(t, w)
}

func TestEvents_endWithTheCode(t *testing.T) {
	t.Parallel()
	w := setup(t)
	httpapi.Hurry(w.api, 5*time.Millisecond, time.Hour)
	w.messages.put(domain.DeliverySent)
	s := w.listen(t, "Last-Event-ID: end")
	s.expect("status", "sent")
	w.clock.Advance(5 * time.Minute)
	s.expect("end", "sent")
	s.expectEnd()
	nothingLeft(t, w)
}

// Who waits is looked after once a second, whatever their number, and nobody is when
// nobody waits.
func TestEvents_shareTheLooking(t *testing.T) {
	t.Parallel()
	w := setup(t)
	httpapi.Hurry(w.api, time.Hour, time.Hour)
	w.messages.put(domain.DeliverySent)
	var all []*stream
	for range 5 {
		s := w.listen(t)
		s.expect("status", "sent")
		all = append(all, s)
	}
	challenges, open := watched(w)
	require.Equal(t, []int{1, 5}, []int{challenges, open})
	require.Equal(t, 5, w.messages.looks(), "one for each that begins")
	w.messages.report(domain.DeliveryDelivered)
	s := w.listen(t)
	s.expect("status", "delivered")
	for _, s := range all {
		s.expect("status", "delivered")
		s.expect("end", "delivered")
	}
	nothingLeft(t, w)
}

// What was seen later is not undone by what was seen before: one looks after the other.
func TestEvents_lookOneAfterTheOther(t *testing.T) {
	t.Parallel()
	w := setup(t)
	httpapi.Hurry(w.api, 5*time.Millisecond, time.Hour)
	w.messages.put(domain.DeliveryQueued)
	s := w.listen(t)
	s.expect("status", "queued")
	release := w.messages.holdLooks()
	before := w.messages.looks()
	require.Eventually(t, func() bool { return w.messages.looks() > before }, patience, time.Millisecond)
	w.messages.report(domain.DeliverySent)
	other := make(chan *stream, 1)
	go func() { other <- w.listen(t) }()
	require.Eventually(t, func() bool { _, open := watched(w); return open == 2 }, patience, time.Millisecond)
	require.Never(t, func() bool { return w.messages.looks() > before+1 }, 50*time.Millisecond, time.Millisecond)
	release()
	(<-other).expect("status", "sent")
	s.expect("status", "sent")
}

// Nobody looks after what nobody waits for.
func TestEvents_lookNoMoreWhenAllHaveLeft(t *testing.T) {
	t.Parallel()
	w := setup(t)
	httpapi.Hurry(w.api, time.Millisecond, time.Hour)
	w.messages.put(domain.DeliverySent)
	s := w.listen(t)
	s.expect("status", "sent")
	s.hangUp()
	nothingLeft(t, w)
	before := w.messages.looks()
	require.Never(t, func() bool { return w.messages.looks() > before+1 }, 50*time.Millisecond, time.Millisecond, "but for one under way")
}

func TestEvents_saySomethingInSilence(t *testing.T) {
	t.Parallel()
	w := setup(t)
	httpapi.Hurry(w.api, time.Hour, 5*time.Millisecond)
	w.messages.put(domain.DeliverySent)
	s := w.listen(t)
	s.expect("status", "sent")
	for range 3 {
		e, ok := s.next()
		require.True(t, ok)
		require.Equal(t, event{data: "still here"}, e)
	}
}

// A stream lives longer than other requests and answers may.
func TestEvents_outliveTimeouts(t *testing.T) {
	t.Parallel()
	w := setup(t, func(s *settings) {
		s.config.ReadTimeout, s.config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	})
	httpapi.Hurry(w.api, 5*time.Millisecond, 50*time.Millisecond)
	w.messages.put(domain.DeliveryQueued)
	s := w.listen(t)
	s.expect("status", "queued")
	begun := time.Now()
	for time.Since(begun) < 400*time.Millisecond {
		e, ok := s.next()
		require.True(t, ok, "cut after %s", time.Since(begun))
		require.Equal(t, "still here", e.data)
	}
	w.messages.report(domain.DeliveryDelivered)
	for {
		e, ok := s.next()
		require.True(t, ok)
		if e.name == "end" {
			break
		}
	}
	require.Equal(t, http.StatusOK, w.do(http.MethodGet, statusPath, "").Status, "the connection is good for more")
}

// Who hangs up, or does not read, leaves nothing behind.
func TestEvents_ofClientsThatAreGone(t *testing.T) {
	t.Parallel()
	w := setup(t)
	httpapi.Hurry(w.api, 5*time.Millisecond, 5*time.Millisecond)
	w.messages.put(domain.DeliverySent)
	for range 8 {
		s := w.listen(t)
		s.expect("status", "sent")
		s.hangUp()
	}
	nothingLeft(t, w)
	conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
	require.NoError(t, err)
	_, err = io.WriteString(conn, "GET "+eventsPath+" HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1")
	require.NoError(t, err)
	require.Eventually(t, func() bool { _, open := watched(w); return open == 1 }, patience, time.Millisecond)
	require.NoError(t, conn.Close())
	nothingLeft(t, w)
}

func TestEvents_areBounded(t *testing.T) {
	t.Parallel()
	w := setup(t, func(s *settings) { s.config.TrustedProxies = prefixes("127.0.0.1/32") })
	httpapi.Hurry(w.api, time.Hour, time.Hour)
	w.messages.put(domain.DeliverySent)
	for i := range httpapi.MaxStreamsPerClient {
		s := w.listen(t, "X-Forwarded-For: 2001:db8::"+strconv.Itoa(i))
		s.expect("status", "sent")
	}
	refused := w.do(http.MethodGet, eventsPath, "", "X-Forwarded-For: 2001:db8::ffff")
	require.Equal(t, http.StatusTooManyRequests, refused.Status)
	require.Equal(t, "ip_streams", refused.member("limit"))
	require.Equal(t, "5", refused.Header.Get("Retry-After"))
	other := w.listen(t, "X-Forwarded-For: 2001:db8:0:1::1")
	other.expect("status", "sent")
	other.hangUp()
	require.Equal(t, http.StatusOK, w.do(http.MethodGet, statusPath, "", "X-Forwarded-For: 2001:db8::1").Status)
}

func TestEvents_areBoundedInAll(t *testing.T) {
	t.Parallel()
	w := setup(t, func(s *settings) { s.config.TrustedProxies = prefixes("127.0.0.1/32") })
	httpapi.Hurry(w.api, time.Hour, time.Hour)
	w.messages.put(domain.DeliverySent)
	for i := range httpapi.MaxStreams {
		s := w.listen(t, "X-Forwarded-For: 10.0."+strconv.Itoa(i/16/250)+"."+strconv.Itoa(i/16%250))
		require.Equal(t, http.StatusOK, s.response.StatusCode, i)
	}
	refused := w.do(http.MethodGet, eventsPath, "", "X-Forwarded-For: 192.0.2.1")
	require.Equal(t, http.StatusServiceUnavailable, refused.Status)
	require.Equal(t, "5", refused.Header.Get("Retry-After"))
}

// Streams end when the service is to stop, so that clients go elsewhere; who comes all
// the same is told what is known.
func TestEvents_endWithTheService(t *testing.T) {
	t.Parallel()
	w := setup(t)
	httpapi.Hurry(w.api, time.Hour, time.Hour)
	w.messages.put(domain.DeliverySent)
	s := w.listen(t)
	s.expect("status", "sent")
	w.api.Drain()
	w.api.Drain()
	s.expectEnd()
	late := w.listen(t)
	late.expect("status", "sent")
	late.expectEnd()
	nothingLeft(t, w)
}

// What breaks a look breaks no stream, and no process.
func TestEvents_ofAStoreThatPanics(t *testing.T) {
	t.Parallel()
	w := setup(t)
	httpapi.Hurry(w.api, 5*time.Millisecond, time.Hour)
	w.messages.put(domain.DeliverySent)
	s := w.listen(t)
	s.expect("status", "sent")
	w.messages.panic(true)
	require.Equal(t, http.StatusInternalServerError, w.do(http.MethodGet, eventsPath, "").Status)
	before := w.messages.looks()
	require.Eventually(t, func() bool { return w.messages.looks() > before+3 }, patience, time.Millisecond)
	w.messages.panic(false)
	w.messages.report(domain.DeliveryDelivered)
	s.expect("status", "delivered")
	nothingLeft(t, w)
}
