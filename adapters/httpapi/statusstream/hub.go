package statusstream

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/listener"
	"github.com/doorcode-auth/doorcode/domain"
)

const (
	pollInterval      = time.Second      // between two reads of a challenge
	heartbeatInterval = 15 * time.Second // of comments, for proxies that close silent connections
	writeTimeout      = 10 * time.Second // of one event
	closeTimeout      = time.Second      // of the end of the answer
	retryAfter        = 5 * time.Second  // of a refused client
)

// Bounds of the open streams: each holds a connection for minutes.
const (
	maxStreams          = 1024
	maxStreamsPerClient = 16
)

// lastEventID is the id of the event that ends a stream. A client that reconnects with it
// gets 204 while nothing is new: browsers then stop reconnecting.
const lastEventID = "end"

var eventStream = []string{"text/event-stream"}

// State is the status of a challenge as clients read it.
type State struct {
	Body  string // JSON
	Final bool   // no other state will follow
}

// Reader reads the state of a challenge. It must not panic.
type Reader func(ctx context.Context, id domain.ChallengeID) (State, error)

// Hub serves streams. It is safe for concurrent use.
type Hub struct {
	read            Reader
	poll, heartbeat time.Duration
	closing         chan struct{}
	close           sync.Once

	mu       sync.Mutex
	watches  map[domain.ChallengeID]*watch
	open     int
	byClient map[netip.Prefix]int // open streams, without zeros
}

// New makes a Hub that polls with read.
func New(read Reader) *Hub {
	return &Hub{
		read: read, poll: pollInterval, heartbeat: heartbeatInterval, closing: make(chan struct{}),
		watches: map[domain.ChallengeID]*watch{}, byClient: map[netip.Prefix]int{},
	}
}

// Close ends all streams. A client that connects later gets the present state alone.
func (h *Hub) Close() { h.close.Do(func() { close(h.closing) }) }

// Serve answers a request with the events of a challenge, until the state is final, the
// client disconnects or the hub closes. An error comes before the answer has begun.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, id domain.ChallengeID, client netip.Addr) error {
	from := listener.Network(client)
	if err := h.acquire(from); err != nil {
		return err
	}
	defer h.release(from)
	one, err := h.subscribe(r.Context(), id)
	if err != nil {
		return err
	}
	defer h.unsubscribe(one)
	if state, _ := one.current(); state.Final && r.Header.Get("Last-Event-ID") == lastEventID {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.Header()["Content-Type"], w.Header()["X-Accel-Buffering"] = eventStream, []string{"no"}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		h.stream(&sseWriter{ctx: r.Context(), writer: w, control: http.NewResponseController(w)}, one)
	}
	return nil
}

// stream writes the present state and each change of it.
func (h *Hub) stream(to *sseWriter, one *watch) {
	defer to.close()
	heartbeat := time.NewTicker(h.heartbeat)
	defer heartbeat.Stop()
	text, sent := "retry: 2000\n", ""
	for {
		state, changed := one.current()
		if state.Body != sent {
			text, sent = text+"event: status\ndata: "+state.Body+"\n\n", state.Body
		}
		if state.Final {
			text += "event: end\nid: " + lastEventID + "\ndata: " + state.Body + "\n\n"
		}
		if !to.write(text) || state.Final {
			return
		}
		text = ""
		select {
		case <-changed:
		case <-heartbeat.C:
			text = ": keep-alive\n\n"
		case <-to.ctx.Done():
			return
		case <-h.closing:
			return
		}
	}
}

// sseWriter writes events with a deadline for each, instead of one for the answer. An
// error of setting it is ignored: a test may have no connection.
type sseWriter struct {
	ctx     context.Context
	writer  io.Writer
	control *http.ResponseController
}

// write sends a text and reports whether the client may have received it.
func (s *sseWriter) write(text string) bool {
	if text == "" {
		return true
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := io.WriteString(s.writer, text); err != nil {
		return false
	}
	return s.control.Flush() == nil && s.ctx.Err() == nil
}

// close bounds the end of the answer, which the server writes.
func (s *sseWriter) close() { _ = s.control.SetWriteDeadline(time.Now().Add(closeTimeout)) }

// acquire counts a stream, unless a bound is reached.
func (h *Hub) acquire(from netip.Prefix) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.open >= maxStreams:
		return domain.ErrUnavailable.After(retryAfter)
	case from.IsValid() && h.byClient[from] >= maxStreamsPerClient:
		return domain.RateLimited("ip_streams", retryAfter)
	}
	h.open++
	h.byClient[from]++
	return nil
}

func (h *Hub) release(from netip.Prefix) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	if h.byClient[from]--; h.byClient[from] == 0 {
		delete(h.byClient, from)
	}
}
