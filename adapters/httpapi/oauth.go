package httpapi

import (
	"mime"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/domain"
)

// Routes for other services, in the words of OAuth: forms, HTTP Basic, its errors.

// introspectionBody is what a token is (RFC 7662, 2.2).
type introspectionBody struct {
	Active    bool     `json:"active"`
	TokenType string   `json:"token_type,omitempty"`
	TokenUse  string   `json:"token_use,omitempty"` // access or refresh
	Subject   string   `json:"sub,omitempty"`
	UserID    int64    `json:"user_id,omitempty"`
	SessionID string   `json:"sid,omitempty"`
	ID        string   `json:"jti,omitempty"`
	IssuedAt  int64    `json:"iat,omitempty"`
	ExpiresAt int64    `json:"exp,omitempty"`
	AuthTime  int64    `json:"auth_time,omitempty"`
	AMR       []string `json:"amr,omitempty"`
	Issuer    string   `json:"iss,omitempty"`
	Audience  string   `json:"aud,omitempty"`
}

// introspect answers POST /api/auth/introspect.
func (a *API) introspect(c *gin.Context) error {
	token, err := bindToken(c.Request)
	if err != nil {
		return err
	}
	out, err := a.app.IntrospectToken.Do(c.Request.Context(), auth.IntrospectTokenIn{Service: serviceOf(c.Request), Token: token})
	if err != nil || !out.Active {
		return answerUnless(c, err, introspectionBody{})
	}
	shown := out.Token
	body := introspectionBody{
		Active: true, TokenUse: string(shown.Kind), Subject: shown.Actor().UserUUID, UserID: shown.Session.UserID, SessionID: shown.Session.ID,
		AuthTime: shown.Session.CreatedAt.Unix(), AMR: shown.Session.AMR, Issuer: a.config.Issuer, Audience: a.config.Audience,
	}
	switch shown.Kind {
	case auth.AccessToken:
		claims := shown.Access
		body.TokenType, body.ID = a.config.AuthSchemes[0], claims.ID
		body.IssuedAt, body.ExpiresAt = claims.IssuedAt.Unix(), claims.ExpiresAt.Unix()
	case auth.RefreshToken:
		claims := shown.Refresh
		body.ID, body.IssuedAt, body.ExpiresAt = claims.ID, claims.IssuedAt.Unix(), claims.ExpiresAt.Unix()
	}
	return answer(c, body)
}

// revoke answers POST /api/auth/revoke.
func (a *API) revoke(c *gin.Context) error {
	token, err := bindToken(c.Request)
	if err != nil {
		return err
	}
	out, err := a.app.RevokeToken.Do(c.Request.Context(), auth.RevokeTokenIn{Service: serviceOf(c.Request), Token: token})
	exchangeOf(c).event.user = out.Actor.UserUUID
	return answerUnless(c, err, struct{}{})
}

func answerUnless(c *gin.Context, err error, body any) error {
	if err != nil {
		return err
	}
	return answer(c, body)
}

// serviceOf is the service that asks, as its header says.
func serviceOf(r *http.Request) auth.ServiceCredential {
	name, secret, _ := r.BasicAuth()
	return auth.ServiceCredential{Name: name, Secret: secret}
}

// bindToken reads the token of a form, in which nothing may be twice (RFC 6749,
// 3.2). What kind it is said to be does not matter: tokens tell themselves.
func bindToken(r *http.Request) (string, error) {
	data, err := readBytes(r)
	if err != nil {
		return "", err
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return "", errNoForm
	}
	form, err := url.ParseQuery(string(data))
	if err != nil {
		return "", errNoForm
	}
	if token := form["token"]; len(token) == 1 && len(form["token_type_hint"]) <= 1 {
		return token[0], nil
	}
	return "", errNoToken
}

var (
	errNoForm  = &domain.Error{Kind: domain.Invalid, Code: domain.ErrInvalidRequest.Code, Message: "Send a form (application/x-www-form-urlencoded)"}
	errNoToken = &domain.Error{Kind: domain.Invalid, Code: domain.ErrInvalidRequest.Code, Message: "Send the parameter token once, and token_type_hint at most once"}
)

// oauthErrorBody is a fault in the words of OAuth (RFC 6749, 5.2).
type oauthErrorBody struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// inOAuth makes a handler tell its faults in the words of OAuth.
func inOAuth(handle func(*gin.Context) error) func(*gin.Context) error {
	return func(c *gin.Context) error {
		err := handle(c)
		if err == nil {
			return nil
		}
		x := exchangeOf(c)
		p := newProblem(err, x.requestID)
		x.problem = &p
		return refuseOAuth(c, p)
	}
}

func refuseOAuth(c *gin.Context, p problem) error {
	h := c.Writer.Header()
	body := oauthErrorBody{"invalid_request", p.Detail}
	switch {
	case p.Code == domain.ErrInvalidClient.Code:
		body.Error = p.Code
		h["Www-Authenticate"] = []string{`Basic realm="doorcode", charset="UTF-8"`}
	case p.Status == http.StatusServiceUnavailable:
		body.Error = "temporarily_unavailable"
		h["Retry-After"] = []string{strconv.Itoa(p.RetryAfter)}
	case p.Status >= http.StatusInternalServerError:
		body.Error = "server_error"
	}
	if p.Status == http.StatusRequestEntityTooLarge {
		h["Connection"] = []string{"close"} // what is left of the body is not read
	}
	return write(c, p.Status, plainJSON, body)
}
