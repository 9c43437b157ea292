package httpapi

import (
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/domain"
)

// tokensBody is what a client continues with.
type tokensBody struct {
	Access    string `json:"access"`
	Refresh   string `json:"refresh,omitempty"` // not there when the one that the client has stays good, or travels as a cookie
	TokenType string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"` // of the access token, in whole seconds
}

// handOut makes the body of new tokens. In cookie mode the refresh token goes into
// a cookie.
func (a *API) handOut(c *gin.Context, t auth.TokenPair) tokensBody {
	body := tokensBody{t.Access, t.Refresh, a.config.AuthSchemes[0], seconds(t.AccessExpiresIn)}
	if a.config.Cookies && t.Refresh != "" {
		a.setCookie(c, t.Refresh, t.RefreshExpiresIn)
		body.Refresh = ""
	}
	return body
}

// refreshSession answers POST /api/auth/token/refresh.
func (a *API) refreshSession(c *gin.Context) error {
	token, ofCookie, err := a.bindRefresh(c)
	if err != nil {
		return err
	}
	out, err := a.app.RefreshSession.Do(c.Request.Context(), auth.RefreshSessionIn{Token: token})
	noteRefresh(c, out)
	if ofCookie && errors.Is(err, domain.ErrTokenNotValid) {
		a.dropCookie(c)
	}
	if err != nil {
		return err
	}
	return answer(c, a.handOut(c, out.Tokens))
}

func noteRefresh(c *gin.Context, out auth.RefreshSessionOut) {
	x := exchangeOf(c)
	x.event.of(out.Actor)
	x.event.reason = string(out.Verdict)
}

// bindRefresh reads the refresh token: of the body or, in cookie mode and without
// one there, of a cookie.
func (a *API) bindRefresh(c *gin.Context) (token string, ofCookie bool, err error) {
	b, err := readBody(c.Request)
	if err != nil {
		return "", false, err
	}
	if !b.given("refresh") {
		if a.config.Cookies {
			token, err = a.cookie(c.Request)
			return token, true, err
		}
		b.refuse("refresh", "Required")
	}
	return b.textOr("refresh"), false, b.err()
}

// verifyToken answers POST /api/auth/token/verify.
func (a *API) verifyToken(c *gin.Context) error {
	token, err := bindVerifyToken(c.Request)
	if err != nil {
		return err
	}
	out, err := a.app.VerifyToken.Do(c.Request.Context(), auth.VerifyTokenIn{Token: token})
	exchangeOf(c).event.of(out.Token.Actor())
	if err != nil {
		return err
	}
	return answer(c, struct{}{})
}

func bindVerifyToken(r *http.Request) (string, error) {
	b, err := readBody(r)
	if err != nil {
		return "", err
	}
	if !b.given("token") {
		b.refuse("token", "Required")
	}
	return b.textOr("token"), b.err()
}

// seconds is a time to live in whole seconds.
func seconds(d time.Duration) int { return int(d / time.Second) }
