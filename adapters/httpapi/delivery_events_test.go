package httpapi_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestEvents_thatAreOver(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.messages.put(domain.DeliveryRead)
	got := w.do(http.MethodGet, eventsPath+"/", "")
	require.Equal(t, http.StatusOK, got.Status)
	require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
	data := `{"challenge_id":"` + someChallenge + `","status":"read","channel":"sms","deliveries":[` +
		`{"channel":"sms","provider":"twilio","status":"read","at":"2026-03-14T12:00:00Z"}]}`
	require.Equal(t, "retry: 2000\nevent: status\ndata: "+data+"\n\nevent: end\nid: end\ndata: "+data+"\n\n", got.Body)
	require.Equal(t, data, w.do(http.MethodGet, statusPath, "").Body)
	for _, id := range []string{"", "0", "END", strings.Repeat("x", 4000), "ü"} {
		require.Equal(t, http.StatusOK, w.do(http.MethodGet, eventsPath, "", "Last-Event-ID: "+id).Status, id)
	}
	require.Equal(t, http.StatusNoContent, w.do(http.MethodGet, eventsPath, "", "Last-Event-ID: end").Status,
		"browsers stop then")
	head := w.do(http.MethodHead, eventsPath, "")
	require.Equal(t, http.StatusOK, head.Status)
	require.Equal(t, "text/event-stream", head.Header.Get("Content-Type"))
}

// listen opens the stream of events and waits for the first.
func (w *world) listen(status string) *bufio.Scanner {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.server.URL+eventsPath, nil)
	require.NoError(w.t, err)
	resp, err := w.server.Client().Do(req)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	w.awaitLine(lines, `"status":"`+status+`"`)
	return lines
}

// awaitLine reads lines until one contains a text; "" is the end of the stream.
func (w *world) awaitLine(lines *bufio.Scanner, text string) {
	w.t.Helper()
	for lines.Scan() {
		if text != "" && strings.Contains(lines.Text(), text) {
			return
		}
	}
	require.Empty(w.t, text, "the stream has ended")
}

// A store that panics ends no stream and no process, and the stream ends with the code.
func TestEvents_ofAStoreThatPanics(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.messages.put(domain.DeliverySent)
	lines := w.listen("sent")
	w.messages.panic(true)
	require.Equal(t, http.StatusInternalServerError, w.do(http.MethodGet, eventsPath, "").Status)
	before := w.messages.looks()
	require.Eventually(t, func() bool { return w.messages.looks() > before }, time.Minute, time.Millisecond)
	w.messages.panic(false)
	w.clock.Advance(5 * time.Minute)
	w.awaitLine(lines, "event: end")
	w.awaitLine(lines, "")
}

func TestEvents_endWithTheService(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.messages.put(domain.DeliverySent)
	lines := w.listen("sent")
	w.api.Drain()
	w.api.Drain()
	w.awaitLine(lines, "")
	w.awaitLine(w.listen("sent"), "")
}

// The client of a stream is the one that a trusted proxy names.
func TestEvents_areBounded(t *testing.T) {
	t.Parallel()
	w := setup(t, func(s *settings) { s.config.TrustedProxies = prefixes("127.0.0.1/32") })
	w.messages.put(domain.DeliverySent)
	for range 16 {
		w.listen("sent")
	}
	refused := w.do(http.MethodGet, eventsPath, "")
	require.Equal(t, http.StatusTooManyRequests, refused.Status)
	require.Equal(t, "ip_streams", refused.member("limit"))
	require.Equal(t, "5", refused.Header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, w.do(http.MethodHead, eventsPath, "", "X-Forwarded-For: 192.0.2.1").Status)
}
