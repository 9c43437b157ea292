package httpapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

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
func (a *API) cookie(r *http.Request) (string, error) {
	switch cookies := r.CookiesNamed(cookieName(a.secure)); {
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
func (a *API) setCookie(c *gin.Context, token string, expiresIn time.Duration) {
	path := cookiePath
	if strings.HasPrefix(exchangeOf(c).route.path, "/accounts/") {
		path = accountsCookiePath
	}
	http.SetCookie(c.Writer, a.newCookie(path, token, max(1, seconds(expiresIn))))
}

// dropCookie takes the refresh token back from a browser, of both families.
func (a *API) dropCookie(c *gin.Context) {
	if !a.config.Cookies {
		return
	}
	http.SetCookie(c.Writer, a.newCookie(cookiePath, "", -1))
	http.SetCookie(c.Writer, a.newCookie(accountsCookiePath, "", -1))
}

func (a *API) newCookie(path, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName(a.secure), Value: value, Path: a.publicPath + path, MaxAge: maxAge,
		HttpOnly: true, Secure: a.secure, SameSite: http.SameSiteStrictMode,
	}
}

// sameOrigin refuses, in cookie mode, what a page of another origin makes a browser
// send (CSRF). Who is no browser says nothing of an origin, and has no cookies that
// others could use.
func (a *API) sameOrigin(handle func(*gin.Context) error) func(*gin.Context) error {
	if a.crossOrigin == nil {
		return handle
	}
	return func(c *gin.Context) error {
		if err := a.crossOrigin.Check(c.Request); err != nil {
			return errCrossOrigin.Because(err)
		}
		return handle(c)
	}
}

var errCrossOrigin = &domain.Error{
	Kind: domain.Denied, Code: "permission_denied", Message: "This page may not do that. Its origin must be among http.cors_origins.",
}

// newCrossOrigin makes the protection that cookie mode needs: pages of the origins
// may send what changes something, and no others but our own.
func newCrossOrigin(list []string) (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	for _, origin := range list {
		if err := p.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	return p, nil
}
