package exchange

import "github.com/gin-gonic/gin"

// Handler binds a request, calls one use case and renders its result. An error is
// answered as a problem.
type Handler func(c *gin.Context) error

// Access is what a client must show before the handler is called.
type Access int

// The access of routes. The zero value is Bearer: a public route says so.
const (
	Bearer  Access = iota // an access token; Exchange.Actor is its user
	Staff                 // an access token of a staff user
	Service               // HTTP Basic, which the use case checks; errors are those of OAuth
	Public
)

// Route is one line of the API. Its path answers with and without a trailing slash, and
// HEAD wherever GET does.
type Route struct {
	Method   string
	Path     string
	Handle   Handler
	Access   Access
	Event    string // the security event that every answer is logged as; "" for none
	AnyClock bool   // answered while the clock is out of tolerance, when others are 503
}
