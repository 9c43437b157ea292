package sessions

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/domain"
)

// The paths that a browser sends the refresh token to, and nowhere else: one for
// each family. They follow the path of the public URL, if that has one.
const (
	cookiePath         = "/api/auth/token"
	accountsCookiePath = "/accounts/token"
)

// cookieName is the name of the cookie with the refresh token. The prefix makes
// browsers take it over TLS only; without TLS, on a developer's machine, they would
// not take it at all.
func cookieName(secure bool) string {
	if secure {
		return "__Secure-doorcode_refresh"
	}
	return "doorcode_refresh"
}

// cookie is the refresh token that a browser sends. Two are none: one of them
// may be from a page of a neighbouring host, which can set cookies here.
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
	Kind: domain.Unauthenticated, Code: domain.ErrNotAuthenticated.Code, Message: "There is no refresh token, in the body or in a cookie. Sign in.",
}

// setCookie gives a browser the refresh token of the family of paths that it asked.
func (t *Tokens) setCookie(c *gin.Context, token string, expiresIn time.Duration) {
	path := cookiePath
	if strings.HasPrefix(exchange.Of(c).Path(), "/accounts/") {
		path = accountsCookiePath
	}
	http.SetCookie(c.Writer, t.newCookie(path, token, max(1, seconds(expiresIn))))
}

// dropCookie takes the refresh token back from a browser, of both families.
func (t *Tokens) dropCookie(c *gin.Context) {
	if !t.cookies {
		return
	}
	http.SetCookie(c.Writer, t.newCookie(cookiePath, "", -1))
	http.SetCookie(c.Writer, t.newCookie(accountsCookiePath, "", -1))
}

func (t *Tokens) newCookie(path, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName(t.secure), Value: value, Path: t.path + path, MaxAge: maxAge,
		HttpOnly: true, Secure: t.secure, SameSite: http.SameSiteStrictMode,
	}
}
