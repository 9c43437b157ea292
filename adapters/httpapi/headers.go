package httpapi

import "github.com/gin-gonic/gin"

// header is a header that many answers share. Its value is never changed.
type header struct {
	name  string // in canonical form
	value []string
}

// Values of headers, made once.
var (
	plainJSON   = []string{"application/json; charset=utf-8"}
	problemJSON = []string{"application/problem+json"}
	noStore     = []string{"no-store"}
)

// baseHeaders are the headers of every answer: nothing of it is kept, guessed at,
// framed, or allowed to load anything.
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

func (a *API) setHeaders(c *gin.Context, x *exchange) {
	h := c.Writer.Header()
	for _, base := range a.headers {
		h[base.name] = base.value
	}
	h["X-Request-Id"] = []string{x.requestID}
	a.origins.allow(h, c.Request, a.config.Cookies)
}
