package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// exchange is what is known of one request and its answer beside the handler.
type exchange struct {
	route     *route
	start     time.Time
	requestID string
	client    netip.Addr
	event     event
	problem   *problem // nil for a success
}

const exchangeKey = "exchange"

// exchangeOf is the exchange that a handler works for.
func exchangeOf(c *gin.Context) *exchange {
	x, _ := c.MustGet(exchangeKey).(*exchange)
	return x
}

// around makes a route's handler complete: it names the request, finds the
// client, sets the headers that every answer has, turns faults and panics into
// problems, and logs.
func (a *API) around(r route) gin.HandlerFunc {
	return func(c *gin.Context) {
		x := &exchange{route: &r, start: a.clock.Now(), client: a.proxies.Client(c.Request)}
		x.requestID = a.requestID(c.Request.Header, x.start)
		c.Set(exchangeKey, x)
		a.setHeaders(c, x)
		if err := a.run(c, r.handle); err != nil {
			p := newProblem(err, x.requestID, a.config.AuthHeader)
			x.problem = &p
			a.refuse(c, p)
		}
		a.log(c, x)
	}
}

// run calls a handler. A path with needless escapes is another spelling of a
// path, and so none.
func (a *API) run(c *gin.Context, handle func(*gin.Context) error) error {
	if c.Request.URL.RawPath != "" {
		return errNotFound
	}
	return guarded(func() error { return handle(c) })
}

// guarded turns a panic into an error.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{what: describePanic(p), stack: debug.Stack()}
		}
	}()
	return do()
}

// panicked is a panic that was caught. Its stack is for the log alone.
type panicked struct {
	what  string
	stack []byte
}

func (p *panicked) Error() string { return "panic: " + p.what }

// describePanic tells what the runtime panicked with. Other values may hold
// anything, a code even: of them only the type is told, and the stack says the
// rest.
func describePanic(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", p)
}

// requestID is the id that the client gave its request, or else a new one.
func (a *API) requestID(h http.Header, now time.Time) string {
	const maxLen = 64
	id := h.Get("X-Request-Id")
	if id == "" || len(id) > maxLen || strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-'
	}) {
		return a.config.Random.UUID(now)
	}
	return id
}

// answer writes a success.
func answer(c *gin.Context, body any) error {
	return write(c, http.StatusOK, plainJSON, body)
}

// write writes the one answer of an exchange.
func write(c *gin.Context, status int, mediaType []string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	c.Writer.Header()["Content-Type"] = mediaType
	c.Status(status)
	_, _ = c.Writer.Write(data) // fails when the client has gone, and nobody is left to tell
	return nil
}
