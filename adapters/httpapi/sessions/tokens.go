package sessions

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/domain"
)

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

// The paths of the cookie, one for each family of routes: refresh and logout are below
// them, and a browser sends it nowhere else. The path of the public URL comes before.
const (
	cookiePath         = "/api/auth"
	accountsCookiePath = "/accounts"
)

// cookieName is the name of the cookie with the refresh token. Browsers accept its prefix
// over TLS only, so it has none without TLS, on a developer's machine.
func cookieName(secure bool) string {
	if secure {
		return "__Secure-doorcode_refresh"
	}
	return "doorcode_refresh"
}

// cookie is the refresh token that a browser sends. Two cookies are an error: one of them
// may be of a page of a sibling host, which can set cookies here.
func (t *Tokens) cookie(r *http.Request) (string, error) {
	switch cookies := r.CookiesNamed(cookieName(t.secure)); {
	case len(cookies) > 1:
		return "", domain.ErrTokenNotValid
	case len(cookies) == 0 || cookies[0].Value == "":
		return "", errNoRefreshToken
	default:
		return cookies[0].Value, nil
	}
}

var errNoRefreshToken = &domain.Error{
	Kind: domain.Unauthenticated, Code: domain.ErrNotAuthenticated.Code,
	Message: "There is no refresh token, in the body or in a cookie. Sign in.",
}

// setCookie sends the refresh token in the cookie of the route's family.
func (t *Tokens) setCookie(c *gin.Context, token string, expiresIn time.Duration) {
	path := cookiePath
	if strings.HasPrefix(exchange.Of(c).Path(), "/accounts/") {
		path = accountsCookiePath
	}
	http.SetCookie(c.Writer, t.newCookie(path, token, max(1, seconds(expiresIn))))
}

// dropCookie deletes the cookies of both families.
func (t *Tokens) dropCookie(c *gin.Context) {
	if !t.cookies {
		return
	}
	http.SetCookie(c.Writer, t.newCookie(cookiePath, "", -1))
	http.SetCookie(c.Writer, t.newCookie(accountsCookiePath, "", -1))
}

// signOut drops the cookies, and lets a browser delete what pages of this origin have
// kept. Its other cookies stay: they may be those of a sibling host.
func (t *Tokens) signOut(c *gin.Context) {
	t.dropCookie(c)
	if t.cookies {
		c.Writer.Header()["Clear-Site-Data"] = clearedData
	}
}

var clearedData = []string{`"cache", "storage"`}

func (t *Tokens) newCookie(path, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName(t.secure), Value: value, Path: t.path + path, MaxAge: maxAge,
		HttpOnly: true, Secure: t.secure, SameSite: http.SameSiteStrictMode,
	}
}
