// Event streams, as a browser reads them.
package acceptance_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

// newsTime is how long a change may take to be told.
const newsTime = 10 * time.Second

// newsreader reads the events of a challenge.
type newsreader struct {
	t      *testing.T
	lines  *bufio.Scanner
	hangUp context.CancelFunc
}

// news is an event, and the status it tells.
type news struct {
	name   string
	status map[string]any
}

// follow opens a stream of events. Looking at it waits for its end, so that it goes
// past the description.
func follow(t *testing.T, s *kit.Service, challenge string) *newsreader {
	t.Helper()
	ctx, hangUp := context.WithCancel(t.Context())
	t.Cleanup(hangUp)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/api/auth/otp/"+challenge+"/events", nil)
	require.NoError(t, err)
	resp, err := new(http.Transport).RoundTrip(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	return &newsreader{t: t, lines: bufio.NewScanner(resp.Body), hangUp: hangUp}
}

// next is the next event; ok is false at the end of the stream.
func (r *newsreader) next() (n news, ok bool) {
	r.t.Helper()
	late := time.AfterFunc(newsTime, r.hangUp)
	defer func() { require.True(r.t, late.Stop(), "neither an event nor the end after %s", newsTime) }()
	for r.lines.Scan() {
		name, value, _ := strings.Cut(r.lines.Text(), ": ")
		switch {
		case name == "event":
			n.name = value
		case name == "data":
			require.NoError(r.t, json.Unmarshal([]byte(value), &n.status))
		case name == "" && value == "" && n.name != "":
			return n, true
		}
	}
	return news{}, false
}

// until reads until a status is told, and gives the event.
func (r *newsreader) until(status string) map[string]any {
	r.t.Helper()
	var seen []any
	for {
		n, ok := r.next()
		require.True(r.t, ok, "the stream has ended without %s; it told %v", status, seen)
		if n.status["status"] == status {
			return n.status
		}
		seen = append(seen, n.status["status"])
	}
}

// end wants the stream to end, with its last event.
func (r *newsreader) end() map[string]any {
	r.t.Helper()
	for {
		n, ok := r.next()
		require.True(r.t, ok, "the stream was cut")
		if n.name != "end" {
			continue
		}
		more, ok := r.next()
		require.False(r.t, ok, "%v after the end", more)
		return n.status
	}
}
