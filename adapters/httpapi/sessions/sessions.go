// Package sessions serves the routes of tokens and sessions, and issues the tokens of a
// sign-in: in the body or, in cookie mode, with the refresh token in a cookie.
package sessions

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/domain"
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
	const get, post, del, public = http.MethodGet, http.MethodPost, http.MethodDelete, exchange.Public
	a := &area{
		refresh: app.RefreshSession, verify: app.VerifyToken, list: app.ListSessions, end: app.EndSession, logout: app.LogOut,
		tokens: tokens, credential: credential,
	}
	return []exchange.Route{
		{Method: post, Path: "/api/auth/token/refresh", Handle: a.refreshSession, Access: public, Event: "token_refresh"},
		{Method: post, Path: "/api/auth/token/verify", Handle: a.verifyToken, Access: public},
		{Method: get, Path: "/api/auth/sessions", Handle: a.listSessions},
		{Method: del, Path: "/api/auth/sessions/:id", Handle: a.endSession, Event: "session_end"},
		{Method: post, Path: "/api/auth/logout", Handle: a.logOut, Access: public, Event: "logout"},

		// The same use cases, as older clients know them.
		{Method: post, Path: "/accounts/token/refresh", Handle: a.refreshSession, Access: public, Event: "token_refresh"},
		{Method: post, Path: "/accounts/logout", Handle: a.logOut, Access: public, Event: "logout"},
	}
}

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

// bindRefresh reads the refresh token from the body or, in cookie mode, from a cookie.
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

// sessionBody is a session as its user sees it.
type sessionBody struct {
	ID         string             `json:"id"`
	Current    bool               `json:"current"` // of the access token
	CreatedAt  time.Time          `json:"created_at"`
	LastUsedAt time.Time          `json:"last_used_at"`
	Channel    domain.ChannelName `json:"channel"`
	AMR        []string           `json:"amr"`
	UserAgent  string             `json:"user_agent"`
	Device     string             `json:"device"`
	Address    string             `json:"address"`
}

type sessionsBody struct {
	Results []sessionBody `json:"results"`
}

// listSessions answers GET /api/auth/sessions.
func (a *area) listSessions(c *gin.Context) error {
	actor := exchange.Of(c).Actor
	out, err := a.list.Do(c.Request.Context(), auth.ListSessionsIn{Actor: actor})
	if err != nil {
		return err
	}
	return exchange.Answer(c, sessionsOf(out.Sessions, actor.SessionID))
}

func sessionsOf(all []domain.Session, current string) sessionsBody {
	body := sessionsBody{Results: make([]sessionBody, len(all))}
	for i, s := range all {
		body.Results[i] = sessionBody{
			ID: s.ID, Current: s.ID == current, CreatedAt: s.CreatedAt.UTC(), LastUsedAt: s.LastUsedAt.UTC(), Channel: s.Channel,
			AMR: s.AMR, UserAgent: s.UserAgent, Device: deviceOf(s.UserAgent), Address: s.Address,
		}
	}
	return body
}

// endSession answers DELETE /api/auth/sessions/{id}.
func (a *area) endSession(c *gin.Context) error {
	actor := exchange.Of(c).Actor
	id := c.Param("id")
	if _, err := a.end.Do(c.Request.Context(), auth.EndSessionIn{Actor: actor, SessionID: id}); err != nil {
		return err
	}
	exchange.Of(c).Event.Session = id // the ended one
	if id == actor.SessionID {
		a.tokens.signOut(c)
	}
	return exchange.NoContent(c)
}

// logOut answers POST /api/auth/logout. In cookie mode it drops the cookie, also when it
// fails: a page that ignores the failure must not leave its user signed in.
func (a *area) logOut(c *gin.Context) error {
	in, err := a.bindLogOut(c)
	if in.Scope != auth.LogOutOthers {
		a.tokens.signOut(c)
	}
	if err != nil {
		return err
	}
	out, err := a.logout.Do(c.Request.Context(), in)
	noteLogOut(c, in, out, err)
	if err != nil {
		return err
	}
	return exchange.NoContent(c)
}

func noteLogOut(c *gin.Context, in auth.LogOutIn, out auth.LogOutOut, err error) {
	x := exchange.Of(c)
	x.Event.By(out.Actor)
	if err == nil {
		x.Event.Reason = string(in.Scope)
	}
}

// bindLogOut reads the tokens of the session: the refresh token of the body or, without
// one, of the cookie, and the access token of the header. An unreadable header does not
// matter beside a refresh token, nor two cookies beside an access token.
func (a *area) bindLogOut(c *gin.Context) (in auth.LogOutIn, err error) {
	if in.Scope, err = logOutScope(c.Request.URL.RawQuery); err != nil {
		return in, err
	}
	b, err := exchange.ReadBody(c.Request)
	if err != nil {
		return in, err
	}
	in.Refresh = b.TextOr("refresh")
	if err := b.Err(); err != nil {
		return in, err
	}
	in.Access, err = a.credential.Token(c.Request.Header)
	if in.Refresh == "" && a.tokens.cookies {
		token, cookieErr := a.tokens.cookie(c.Request)
		in.Refresh, in.Cookie = token, token != ""
		if in.Access == "" && cookieErr != nil && !errors.Is(cookieErr, errNoRefreshToken) {
			return in, cookieErr
		}
	}
	if in.Refresh != "" {
		err = nil
	}
	return in, err
}

// logOutScope parses the scope of a query. An invalid query, or a second scope, is an
// error: the client may have meant to end more sessions.
func logOutScope(query string) (auth.LogOutScope, error) {
	values, err := url.ParseQuery(query)
	scope := values["scope"]
	switch {
	case err != nil || len(scope) > 1:
		return "", domain.ErrInvalidScope
	case len(scope) == 0:
		return auth.LogOutLocal, nil
	default:
		return auth.LogOutScope(scope[0]), nil
	}
}
