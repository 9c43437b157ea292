package sessions

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/domain"
)

// refreshSession answers POST /api/auth/token/refresh.
func (a *area) refreshSession(c *gin.Context) error {
	token, ofCookie, err := a.bindRefresh(c)
	if err != nil {
		return err
	}
	out, err := a.refresh.Do(c.Request.Context(), auth.RefreshSessionIn{Token: token})
	noteRefresh(c, out)
	if ofCookie && errors.Is(err, domain.ErrTokenNotValid) {
		a.tokens.dropCookie(c)
	}
	if err != nil {
		return err
	}
	return exchange.Answer(c, a.tokens.Issue(c, out.Tokens))
}

func noteRefresh(c *gin.Context, out auth.RefreshSessionOut) {
	x := exchange.Of(c)
	x.Event.By(out.Actor)
	x.Event.Reason = string(out.Verdict)
}

// bindRefresh reads the refresh token: of the body or, in cookie mode and without
// one there, of a cookie.
func (a *area) bindRefresh(c *gin.Context) (token string, ofCookie bool, err error) {
	b, err := exchange.ReadBody(c.Request)
	if err != nil {
		return "", false, err
	}
	if !b.Given("refresh") {
		if a.tokens.cookies {
			token, err = a.tokens.cookie(c.Request)
			return token, true, err
		}
		b.Refuse("refresh", "Required")
	}
	return b.TextOr("refresh"), false, b.Err()
}

// verifyToken answers POST /api/auth/token/verify.
func (a *area) verifyToken(c *gin.Context) error {
	token, err := bindVerifyToken(c.Request)
	if err != nil {
		return err
	}
	out, err := a.verify.Do(c.Request.Context(), auth.VerifyTokenIn{Token: token})
	exchange.Of(c).Event.By(out.Token.Actor())
	if err != nil {
		return err
	}
	return exchange.Answer(c, struct{}{})
}

func bindVerifyToken(r *http.Request) (string, error) {
	b, err := exchange.ReadBody(r)
	if err != nil {
		return "", err
	}
	if !b.Given("token") {
		b.Refuse("token", "Required")
	}
	return b.TextOr("token"), b.Err()
}
