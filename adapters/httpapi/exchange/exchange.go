package exchange

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/listener"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Exchange is what is known of one request and its answer beside the handler.
type Exchange struct {
	Client netip.Addr   // the zero Addr on a Unix socket
	Actor  domain.Actor // of a route with access Bearer or Staff
	Event  Event

	route     *Route
	start     time.Time
	requestID string
	oauth     bool     // errors are those of OAuth
	problem   *problem // nil for a success
}

// Path is the path of the route.
func (x *Exchange) Path() string { return x.route.Path }

const key = "exchange"

// Of is the exchange of a handler.
func Of(c *gin.Context) *Exchange {
	x, _ := c.MustGet(key).(*Exchange)
	return x
}

// Config is what the routes of all areas need.
type Config struct {
	PublicOrigin string // scheme and host of the public URL: "https://id.example.com"
	CORSOrigins  []string
	Cookies      bool // browsers send the refresh token in a cookie
	Credential   Credential
	Proxies      listener.Proxies
	Clock        port.Clock
	Random       port.Random // makes request ids
	Logger       *slog.Logger

	CheckClock   func() error // nil while the clock is within tolerance
	Authenticate func(ctx context.Context, accessToken string) (domain.Actor, error)
	RequireStaff func(ctx context.Context, actor domain.Actor) error
}

// Middleware wraps the handlers of routes. It is safe for concurrent use.
type Middleware struct {
	Config

	headers     []header
	origins     origins
	crossOrigin *http.CrossOriginProtection // nil without cookie mode
	forwarded   atomic.Bool                 // an ignored X-Forwarded-For was logged
}

// New makes a Middleware.
func New(cfg Config) (*Middleware, error) {
	m := &Middleware{Config: cfg, headers: baseHeaders(strings.HasPrefix(cfg.PublicOrigin, "https:"))}
	var err error
	if m.origins, err = newOrigins(cfg.CORSOrigins); err != nil {
		return nil, err
	}
	if cfg.Cookies {
		m.crossOrigin, err = newCrossOrigin(append([]string{cfg.PublicOrigin}, cfg.CORSOrigins...))
	}
	return m, err
}

// Wrap makes the handler of a route complete: it names the request, determines the
// client, sets the headers of every answer, checks the origin, the clock and the access,
// turns errors and panics into problems, and logs.
func (m *Middleware) Wrap(r Route) gin.HandlerFunc {
	return m.around(r, m.serve)
}

// Unknown wraps the handler of requests that no route fits.
func (m *Middleware) Unknown(handle Handler) gin.HandlerFunc {
	return m.around(Route{Path: "unknown", Handle: handle}, func(c *gin.Context, x *Exchange) error { return handle(c) })
}

func (m *Middleware) around(r Route, serve func(*gin.Context, *Exchange) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		x := &Exchange{route: &r, start: m.Clock.Now(), Client: m.Proxies.Client(c.Request)}
		x.requestID = m.requestID(c.Request.Header, x.start)
		c.Set(key, x)
		m.setHeaders(c, x)
		if !m.forwarded.Load() {
			m.warnForwarded(c.Request)
		}
		err := Guarded(func() error {
			if c.Request.URL.RawPath != "" { // needless escapes: another spelling, and no path
				return ErrNotFound
			}
			return serve(c, x)
		})
		if err != nil {
			m.refuse(c, x, err)
		}
		m.log(c, x)
	}
}

// serve calls the handler of a route after its checks.
func (m *Middleware) serve(c *gin.Context, x *Exchange) error {
	if m.crossOrigin != nil {
		if err := m.crossOrigin.Check(c.Request); err != nil {
			return errCrossOrigin.Because(err)
		}
	}
	x.oauth = x.route.Access == Service
	if !x.route.AnyClock {
		if err := m.CheckClock(); err != nil {
			return err
		}
	}
	if x.route.Access == Bearer || x.route.Access == Staff {
		if err := m.authenticate(c, x); err != nil {
			return err
		}
	}
	return x.route.Handle(c)
}

// authenticate determines the actor of a request.
func (m *Middleware) authenticate(c *gin.Context, x *Exchange) error {
	token, err := m.Credential.Token(c.Request.Header)
	if err != nil {
		return err
	}
	if x.Actor, err = m.Authenticate(c.Request.Context(), token); err != nil {
		return err
	}
	x.Event.By(x.Actor)
	if x.route.Access == Staff {
		return m.RequireStaff(c.Request.Context(), x.Actor)
	}
	return nil
}

// Guarded turns a panic into an error.
func Guarded(do func() error) (err error) {
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

// describePanic is the text of a runtime error. Of other values, which may hold a code
// even, it is the type: the stack says the rest.
func describePanic(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", p)
}

// requestID is the id that the client gave its request, or else a new one.
func (m *Middleware) requestID(h http.Header, now time.Time) string {
	const maxLen = 64
	id := h.Get("X-Request-Id")
	if id == "" || len(id) > maxLen || strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-'
	}) {
		return m.Random.UUID(now)
	}
	return id
}

// Answer writes a success.
func Answer(c *gin.Context, body any) error {
	return write(c, http.StatusOK, PlainJSON, body)
}

// NoContent answers with 204.
func NoContent(c *gin.Context) error {
	c.Status(http.StatusNoContent)
	return nil
}

// write writes the one answer of an exchange.
func write(c *gin.Context, status int, mediaType []string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	return WriteBytes(c, status, mediaType, data)
}

// WriteBytes answers with a body as it is. An error of writing means that the client is
// gone, and is ignored.
func WriteBytes(c *gin.Context, status int, mediaType []string, data []byte) error {
	c.Writer.Header()["Content-Type"] = mediaType
	c.Status(status)
	_, _ = c.Writer.Write(data)
	return nil
}

// Credential is how clients send an access token (RFC 6750).
type Credential struct {
	Header  string   // in canonical form: "Authorization"
	Schemes []string // accepted before the token; clients are told the first: "Bearer"
}

// Token is the access token of a request, "" if there is none. Two headers are an error.
func (b Credential) Token(h http.Header) (string, error) {
	lines := h[b.Header]
	if len(lines) > 1 {
		return "", domain.ErrTokenNotValid
	}
	if len(lines) == 0 {
		return "", nil
	}
	scheme, token, _ := strings.Cut(lines[0], " ")
	if !slices.ContainsFunc(b.Schemes, func(ours string) bool { return strings.EqualFold(scheme, ours) }) {
		return "", nil
	}
	return strings.TrimLeft(token, " "), nil
}
