package httpapi

import (
	"context"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/listener"
	"github.com/doorcode-auth/doorcode/domain"
)

// The pace of a stream of events: how often a challenge is looked at, how often
// something is said for proxies that close what is silent, how long a client may take
// to read, and how long the connection has for its last words.
const (
	lookInterval = time.Second
	sayInterval  = 15 * time.Second
	readerTime   = 10 * time.Second
	lastWords    = time.Second
)

// How many streams may be open at once, in all and by one client, and when those who
// are refused may come again.
const (
	maxStreams          = 1024
	maxStreamsPerClient = 16
	streamWait          = 5 * time.Second
)

// lastEvent is the id of the event that ends a stream. Who comes again with it, while
// there is no more to tell, is told so by a 204: browsers then stop coming.
const lastEvent = "end"

var eventStream = []string{"text/event-stream"}

// streamDelivery answers GET /api/auth/otp/{challenge_id}/events.
func (a *API) streamDelivery(c *gin.Context) error {
	client := exchangeOf(c).client
	if err := a.streams.enter(client); err != nil {
		return err
	}
	defer a.streams.leave(client)
	one, err := a.watches.join(c.Request.Context(), domain.ChallengeID(c.Param("challenge_id")))
	if err != nil {
		return err
	}
	defer a.watches.leave(one)
	return a.answerEvents(c, one)
}

// answerEvents answers with the events of a challenge.
func (a *API) answerEvents(c *gin.Context, one *watch) error {
	if state, _ := one.now(); state.over && c.GetHeader("Last-Event-ID") == lastEvent {
		return noContent(c)
	}
	h := c.Writer.Header()
	h["Content-Type"], h["X-Accel-Buffering"] = eventStream, []string{"no"}
	c.Status(http.StatusOK)
	if c.Request.Method != http.MethodHead {
		a.tell(newTeller(c), one)
	}
	return nil
}

// tell tells a client what is known of a challenge, and then all that is new, until
// nothing more is to be expected, the client has gone, or the service ends.
func (a *API) tell(to *teller, one *watch) {
	defer to.close()
	heartbeat := time.NewTicker(a.sayEvery)
	defer heartbeat.Stop()
	text, told := "retry: 2000\n", ""
	for {
		state, news := one.now()
		if state.body != told {
			text, told = text+"event: status\ndata: "+state.body+"\n\n", state.body
		}
		if state.over {
			text += "event: end\nid: " + lastEvent + "\ndata: " + state.body + "\n\n"
		}
		if !to.say(text) || state.over {
			return
		}
		text = ""
		select {
		case <-news:
		case <-heartbeat.C:
			text = ": still here\n\n"
		case <-to.ctx.Done():
			return
		case <-a.ending:
			return
		}
	}
}

// teller writes to a client for longer than other answers take.
type teller struct {
	ctx     context.Context
	writer  gin.ResponseWriter
	control *http.ResponseController
}

func newTeller(c *gin.Context) *teller {
	return &teller{ctx: c.Request.Context(), writer: c.Writer, control: http.NewResponseController(c.Writer)}
}

// say writes something and reports whether the client may have read it. A deadline
// that cannot be set is that of a test without a connection.
func (t *teller) say(text string) bool {
	if text == "" {
		return true
	}
	_ = t.control.SetWriteDeadline(inReal(readerTime))
	if _, err := t.writer.WriteString(text); err != nil {
		return false
	}
	return t.control.Flush() == nil && t.ctx.Err() == nil
}

// close puts a limit on the end of the answer, which the server writes.
func (t *teller) close() { _ = t.control.SetWriteDeadline(inReal(lastWords)) }

// inReal is a time as the system's sockets know it, whatever clock the service goes by.
func inReal(d time.Duration) time.Time {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	deadline, _ := ctx.Deadline()
	return deadline
}

// streams counts those that are open, in all and by client: an address, of IPv6 its
// /64. It bounds them, for each holds a connection for minutes.
type streams struct {
	mu       sync.Mutex
	open     int
	byClient map[netip.Prefix]int // without zeros
}

// enter counts one more, unless there are as many as may be.
func (s *streams) enter(client netip.Addr) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := listener.Network(client)
	switch {
	case s.open >= maxStreams:
		return domain.ErrUnavailable.After(streamWait)
	case from.IsValid() && s.byClient[from] >= maxStreamsPerClient:
		return domain.RateLimited("ip_streams", streamWait)
	}
	s.open++
	s.byClient[from]++
	return nil
}

func (s *streams) leave(client netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := listener.Network(client)
	s.open--
	if s.byClient[from]--; s.byClient[from] == 0 {
		delete(s.byClient, from)
	}
}
