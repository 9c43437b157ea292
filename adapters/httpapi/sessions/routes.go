package sessions

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/application/auth"
)

type area struct {
	refresh    *auth.RefreshSession
	verify     *auth.VerifyToken
	list       *auth.ListSessions
	end        *auth.EndSession
	logout     *auth.LogOut
	tokens     *Tokens
	credential exchange.Credential
}

// Routes are the routes of the area.
func Routes(app *application.Application, tokens *Tokens, credential exchange.Credential) []exchange.Route {
	const get, post, del = http.MethodGet, http.MethodPost, http.MethodDelete
	a := &area{
		refresh: app.RefreshSession, verify: app.VerifyToken, list: app.ListSessions, end: app.EndSession, logout: app.LogOut,
		tokens: tokens, credential: credential,
	}
	return []exchange.Route{
		{Method: post, Path: "/api/auth/token/refresh", Handle: a.refreshSession, Access: exchange.Public, Event: "token_refresh"},
		{Method: post, Path: "/api/auth/token/verify", Handle: a.verifyToken, Access: exchange.Public},
		{Method: get, Path: "/api/auth/sessions", Handle: a.listSessions},
		{Method: del, Path: "/api/auth/sessions/:id", Handle: a.endSession, Event: "session_end"},
		{Method: post, Path: "/api/auth/logout", Handle: a.logOut, Access: exchange.Public, Event: "logout"},

		// The same use case, as older clients know it.
		{Method: post, Path: "/accounts/token/refresh", Handle: a.refreshSession, Access: exchange.Public, Event: "token_refresh"},
	}
}

// TokensBody is what a client continues with.
type TokensBody struct {
	Access    string `json:"access"`
	Refresh   string `json:"refresh,omitempty"` // absent while the client's own stays good, and in cookie mode
	TokenType string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"` // of the access token, in whole seconds
}

// Tokens issues tokens to clients.
type Tokens struct {
	scheme  string // token_type
	cookies bool   // the refresh token is sent in a cookie
	secure  bool   // clients reach the service by TLS
	path    string // of the public URL, "" for none
}

// NewTokens makes Tokens for a service at a public URL with this path.
func NewTokens(scheme string, cookies, secure bool, path string) *Tokens {
	return &Tokens{scheme: scheme, cookies: cookies, secure: secure, path: path}
}

// Issue makes the body of new tokens. In cookie mode the refresh token goes into a cookie.
func (t *Tokens) Issue(c *gin.Context, pair auth.TokenPair) TokensBody {
	body := TokensBody{pair.Access, pair.Refresh, t.scheme, seconds(pair.AccessExpiresIn)}
	if t.cookies && pair.Refresh != "" {
		t.setCookie(c, pair.Refresh, pair.RefreshExpiresIn)
		body.Refresh = ""
	}
	return body
}

// seconds is a time to live in whole seconds.
func seconds(d time.Duration) int { return int(d / time.Second) }
