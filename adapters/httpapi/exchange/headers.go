package exchange

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"
)

// header is a header of many answers. Its value is shared, and never changed.
type header struct {
	name  string // in canonical form
	value []string
}

// PlainJSON is the media type of answers.
var PlainJSON = []string{"application/json; charset=utf-8"}

// Values of headers, made once.
var (
	problemJSON = []string{"application/problem+json"}
	noStore     = []string{"no-store"}
)

// baseHeaders are the headers of every answer: it is not stored, sniffed or framed, and
// loads nothing.
func baseHeaders(secure bool) []header {
	headers := []header{
		{"Cache-Control", noStore},
		{"Content-Security-Policy", []string{"default-src 'none'; frame-ancestors 'none'"}},
		{"Referrer-Policy", []string{"no-referrer"}},
		{"X-Content-Type-Options", []string{"nosniff"}},
		{"X-Frame-Options", []string{"DENY"}},
	}
	if secure {
		headers = append(headers, header{"Strict-Transport-Security", []string{"max-age=31536000"}})
	}
	return headers
}

func (m *Middleware) setHeaders(c *gin.Context, x *Exchange) {
	h := c.Writer.Header()
	for _, base := range m.headers {
		h[base.name] = base.value
	}
	h["X-Request-Id"] = []string{x.requestID}
	m.origins.allow(h, c.Request, m.Cookies)
}

// origins are the origins of pages that may read answers (CORS).
type origins map[string]bool

// newOrigins parses origins: scheme, host and port as browsers send them, without a
// wildcard.
func newOrigins(list []string) (origins, error) {
	o := make(origins, len(list))
	for _, text := range list {
		u, err := url.Parse(text)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != text {
			return nil, fmt.Errorf("read the CORS origin %q: it must look like https://app.example.com", text)
		}
		o[text] = true
	}
	return o, nil
}

// allow lets a page of an allowed origin read the answer, and send cookies in cookie
// mode.
func (o origins) allow(h http.Header, r *http.Request, cookies bool) {
	if len(o) == 0 {
		return
	}
	h["Vary"] = []string{"Origin"}
	if origin := r.Header.Get("Origin"); o[origin] {
		h["Access-Control-Allow-Origin"] = []string{origin}
		h["Access-Control-Expose-Headers"] = []string{"X-Request-Id, Retry-After, RateLimit"}
		if cookies {
			h["Access-Control-Allow-Credentials"] = []string{"true"}
		}
	}
}

// preflight tells a page of an allowed origin what it may send.
func (o origins) preflight(h http.Header, r *http.Request, methods, authHeader string) {
	if !o[r.Header.Get("Origin")] || r.Header.Get("Access-Control-Request-Method") == "" {
		return
	}
	headers := authHeader + ", Content-Type, X-Request-Id"
	if asked := strings.Join(r.Header["Access-Control-Request-Headers"], ", "); headerNames.MatchString(asked) {
		headers = asked // tracing adds headers of its own to the requests of a page
	}
	h["Access-Control-Allow-Methods"] = []string{methods}
	h["Access-Control-Allow-Headers"] = []string{headers}
	h["Access-Control-Max-Age"] = []string{"600"}
	h["Vary"] = []string{"Origin, Access-Control-Request-Headers"}
}

// headerNames are names of headers (RFC 9110, 5.6.2), with commas between them.
var headerNames = regexp.MustCompile("^[-!#$%&'*+.^_`|~0-9A-Za-z]+( *, *[-!#$%&'*+.^_`|~0-9A-Za-z]+)*$")

// Preflight makes the handler of OPTIONS for a route that has these methods.
func (m *Middleware) Preflight(path, methods string) gin.HandlerFunc {
	allow := []string{methods}
	return m.around(Route{Path: path}, func(c *gin.Context, _ *Exchange) error {
		c.Writer.Header()["Allow"] = allow
		m.origins.preflight(c.Writer.Header(), c.Request, methods, m.Credential.Header)
		return NoContent(c)
	})
}

// newCrossOrigin makes the protection against forged requests (CSRF) that cookie mode
// needs: only pages of the given origins may change something. A client that is no
// browser sends no origin.
func newCrossOrigin(trusted []string) (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	for _, origin := range trusted {
		if err := p.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("make an API: %w", err)
		}
	}
	return p, nil
}
