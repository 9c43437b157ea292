package exchange

import "github.com/gin-gonic/gin"

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
