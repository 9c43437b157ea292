package httpapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/domain"
)

// cookiePaths are where a browser sends the refresh token to and nowhere else, one
// for each family of paths.
var cookiePaths = []string{"/api/auth/token", "/accounts/token"}

// cookieName is the name of the cookie with the refresh token. The prefix makes
// browsers take it over TLS only; without TLS, on a developer's machine, they would
// not take it at all.
func cookieName(secure bool) string {
	if secure {
		return "__Secure-doorcode_refresh"
	}
	return "doorcode_refresh"
}

// cookie is the refresh token that a browser sends, "" without cookie mode.
func (a *API) cookie(c *gin.Context) string {
	if !a.config.Cookies {
		return ""
	}
	cookie, err := c.Request.Cookie(cookieName(a.secure))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// setCookie gives a browser the refresh token of the family of paths that it asked.
func (a *API) setCookie(c *gin.Context, token string, expiresIn time.Duration) {
	path := cookiePaths[0]
	if strings.HasPrefix(exchangeOf(c).route.path, "/accounts/") {
		path = cookiePaths[1]
	}
	http.SetCookie(c.Writer, a.newCookie(path, token, max(1, seconds(expiresIn))))
}

// dropCookie takes the refresh token back from a browser.
func (a *API) dropCookie(c *gin.Context) {
	if !a.config.Cookies {
		return
	}
	for _, path := range cookiePaths {
		http.SetCookie(c.Writer, a.newCookie(path, "", -1))
	}
}

func (a *API) newCookie(path, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName(a.secure), Value: value, Path: path, MaxAge: maxAge,
		HttpOnly: true, Secure: a.secure, SameSite: http.SameSiteStrictMode,
	}
}

// sameOrigin refuses, in cookie mode, what a page of another origin makes a browser
// send (CSRF). Who is no browser says nothing of an origin, and has no cookies that
// others could use.
func (a *API) sameOrigin(r *http.Request) error {
	if a.crossOrigin == nil {
		return nil
	}
	if err := a.crossOrigin.Check(r); err != nil {
		return errCrossOrigin.Because(err)
	}
	return nil
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
