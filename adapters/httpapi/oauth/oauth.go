// Package oauth serves the routes for other services: the keys that verify tokens,
// introspection and revocation. Their forms, HTTP Basic and errors are those of OAuth.
package oauth

import (
	"errors"
	"mime"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/domain"
)

// Config is what the area needs beside its use cases.
type Config struct {
	Services bool   // other services may introspect and revoke tokens
	Issuer   string // of tokens, "" for none
	Audience string // of tokens, "" for none
	Scheme   string // token_type of access tokens
}

type area struct {
	Config

	showKeySet      *auth.ShowKeys
	introspectToken *auth.IntrospectToken
	revokeToken     *auth.RevokeToken
}

// Routes are the routes of the area.
func Routes(app *application.Application, cfg Config) []exchange.Route {
	const get, post = http.MethodGet, http.MethodPost
	a := &area{cfg, app.ShowKeys, app.IntrospectToken, app.RevokeToken}
	list := []exchange.Route{
		{Method: get, Path: "/.well-known/jwks.json", Handle: a.showKeys, Access: exchange.Public, AnyClock: true},
	}
	if cfg.Services {
		list = append(list,
			exchange.Route{Method: post, Path: "/api/auth/introspect", Handle: a.introspect, Access: exchange.Service},
			exchange.Route{
				Method: post, Path: "/api/auth/revoke", Handle: a.revoke, Access: exchange.Service, Event: "token_revoke",
			},
		)
	}
	return list
}

// introspectionBody describes a token (RFC 7662, 2.2).
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
func (a *area) introspect(c *gin.Context) error {
	token, err := bindToken(c.Request)
	if err != nil {
		return err
	}
	service := serviceOf(c.Request)
	out, err := a.introspectToken.Do(c.Request.Context(), auth.IntrospectTokenIn{Service: service, Token: token})
	noteService(c, service, err)
	if err != nil || !out.Active {
		return answerUnless(c, err, introspectionBody{})
	}
	return exchange.Answer(c, a.introspection(out.Token))
}

// introspection describes an active token.
func (a *area) introspection(shown auth.PresentedToken) introspectionBody {
	body := introspectionBody{
		Active: true, TokenUse: string(shown.Kind), Subject: shown.Actor().UserUUID,
		UserID: shown.Session.UserID, SessionID: shown.Session.ID, AuthTime: shown.Session.CreatedAt.Unix(),
		AMR: shown.Session.AMR, Issuer: a.Issuer, Audience: a.Audience,
	}
	switch shown.Kind {
	case auth.AccessToken:
		claims := shown.Access
		body.TokenType, body.ID = a.Scheme, claims.ID
		body.IssuedAt, body.ExpiresAt = claims.IssuedAt.Unix(), claims.ExpiresAt.Unix()
	case auth.RefreshToken:
		claims := shown.Refresh
		body.ID, body.IssuedAt, body.ExpiresAt = claims.ID, claims.IssuedAt.Unix(), claims.ExpiresAt.Unix()
	}
	return body
}

// revoke answers POST /api/auth/revoke.
func (a *area) revoke(c *gin.Context) error {
	token, err := bindToken(c.Request)
	if err != nil {
		return err
	}
	service := serviceOf(c.Request)
	out, err := a.revokeToken.Do(c.Request.Context(), auth.RevokeTokenIn{Service: service, Token: token})
	exchange.Of(c).Event.By(out.Actor)
	noteService(c, service, err)
	return answerUnless(c, err, struct{}{})
}

func answerUnless(c *gin.Context, err error, body any) error {
	if err != nil {
		return err
	}
	return exchange.Answer(c, body)
}

// serviceOf is the credential of a service. Its parts may be encoded like those of a form
// (RFC 6749, 2.3.1), which changes no configured name or secret. Two headers are none.
func serviceOf(r *http.Request) auth.ServiceCredential {
	if len(r.Header["Authorization"]) != 1 {
		return auth.ServiceCredential{}
	}
	name, secret, _ := r.BasicAuth()
	return auth.ServiceCredential{Name: unescaped(name), Secret: unescaped(secret)}
}

// noteService logs the name of an authenticated service only: another name may be a secret
// in the wrong place.
func noteService(c *gin.Context, service auth.ServiceCredential, err error) {
	if !errors.Is(err, domain.ErrInvalidClient) {
		exchange.Of(c).Event.Service = service.Name
	}
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// bindToken reads the token of a form without duplicate parameters, where an empty one is
// absent (RFC 6749, 3.2). token_type_hint is ignored: a token has its type in it.
func bindToken(r *http.Request) (string, error) {
	data, err := exchange.ReadBytes(r)
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

// isForm reports whether the media type is a form without content encoding.
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

// keysAge is how long caches may keep the keys: a key is published for at least as long
// before it signs (docs/rotating-keys.md).
var keysAge = []string{"public, max-age=300"}

// showKeys answers GET /.well-known/jwks.json.
func (a *area) showKeys(c *gin.Context) error {
	out, err := a.showKeySet.Do(c.Request.Context(), auth.ShowKeysIn{})
	if err != nil {
		return err
	}
	c.Writer.Header()["Cache-Control"] = keysAge
	return exchange.WriteBytes(c, http.StatusOK, exchange.PlainJSON, out.KeySet)
}
