package httpapi

import (
	"errors"
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
	service := serviceOf(c.Request)
	out, err := a.app.IntrospectToken.Do(c.Request.Context(), auth.IntrospectTokenIn{Service: service, Token: token})
	noteService(c, service, err)
	if err != nil || !out.Active {
		return answerUnless(c, err, introspectionBody{})
	}
	return answer(c, a.introspection(out.Token))
}

// introspection is what a token that is good is.
func (a *API) introspection(shown auth.PresentedToken) introspectionBody {
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
	return body
}

// revoke answers POST /api/auth/revoke.
func (a *API) revoke(c *gin.Context) error {
	token, err := bindToken(c.Request)
	if err != nil {
		return err
	}
	service := serviceOf(c.Request)
	out, err := a.app.RevokeToken.Do(c.Request.Context(), auth.RevokeTokenIn{Service: service, Token: token})
	exchangeOf(c).event.of(out.Actor)
	noteService(c, service, err)
	return answerUnless(c, err, struct{}{})
}

func answerUnless(c *gin.Context, err error, body any) error {
	if err != nil {
		return err
	}
	return answer(c, body)
}

// serviceOf is the service that asks, as its header says. Names and secrets come as
// they are or encoded like a form's (RFC 6749, 2.3.1): none of ours reads otherwise
// for it. Two headers are nobody.
func serviceOf(r *http.Request) auth.ServiceCredential {
	if len(r.Header["Authorization"]) != 1 {
		return auth.ServiceCredential{}
	}
	name, secret, _ := r.BasicAuth()
	return auth.ServiceCredential{Name: unescaped(name), Secret: unescaped(secret)}
}

// noteService notes which service asked, if it is one: another name may be a secret
// in the wrong place.
func noteService(c *gin.Context, service auth.ServiceCredential, err error) {
	if !errors.Is(err, domain.ErrInvalidClient) {
		exchangeOf(c).event.service = service.Name
	}
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// bindToken reads the token of a form, in which nothing may be twice and what is
// empty is not there (RFC 6749, 3.2). What kind it is said to be does not matter:
// tokens tell themselves.
func bindToken(r *http.Request) (string, error) {
	data, err := readBytes(r)
	if err != nil {
		return "", err
	}
	if !isForm(r.Header) {
		return "", errNoForm
	}
	form, err := url.ParseQuery(string(data))
	if err != nil {
		return "", errNoForm
	}
	for _, values := range form {
		if len(values) > 1 {
			return "", errTwice
		}
	}
	token := form.Get("token")
	if token == "" {
		return "", errNoToken
	}
	return token, nil
}

// isForm reports whether a body says of itself that it is a plain form.
func isForm(h http.Header) bool {
	types := h["Content-Type"]
	if len(types) != 1 || len(h["Content-Encoding"]) > 0 {
		return false
	}
	media, _, err := mime.ParseMediaType(types[0])
	return err == nil && media == "application/x-www-form-urlencoded"
}

// The faults of forms.
var (
	errNoForm  = badForm("Send a form (application/x-www-form-urlencoded)")
	errTwice   = badForm("Send each parameter once")
	errNoToken = badForm("Send the parameter token")
)

func badForm(message string) *domain.Error {
	return &domain.Error{Kind: domain.Invalid, Code: domain.ErrInvalidRequest.Code, Message: message}
}

// oauthErrorBody is a fault in the words of OAuth (RFC 6749, 5.2).
type oauthErrorBody struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// inOAuth makes a handler tell its faults in the words of OAuth.
func inOAuth(handle func(*gin.Context) error) func(*gin.Context) error {
	return func(c *gin.Context) error {
		err := guarded(func() error { return handle(c) })
		if err == nil {
			return nil
		}
		x := exchangeOf(c)
		p := newProblem(err, x.requestID, "Authorization")
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
