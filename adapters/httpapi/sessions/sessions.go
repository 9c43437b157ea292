package sessions

import (
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/domain"
)

// sessionBody is a session as its user sees it.
type sessionBody struct {
	ID         string             `json:"id"`
	Current    bool               `json:"current"` // of the token that asks
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
	exchange.Of(c).Event.Session = id // that was ended, from whichever other
	if id == actor.SessionID {
		a.tokens.dropCookie(c)
	}
	return exchange.NoContent(c)
}

// logOut answers POST /api/auth/logout.
func (a *area) logOut(c *gin.Context) error {
	in, err := a.bindLogOut(c)
	if err != nil {
		return err
	}
	out, err := a.logout.Do(c.Request.Context(), in)
	exchange.Of(c).Event.By(out.Actor)
	if err != nil {
		return err
	}
	a.noteLogOut(c, in.Scope)
	return exchange.NoContent(c)
}

// noteLogOut lets the log know what was ended, and the browser if it was its own.
func (a *area) noteLogOut(c *gin.Context, scope auth.LogOutScope) {
	exchange.Of(c).Event.Reason = string(scope)
	if scope != auth.LogOutOthers {
		a.tokens.dropCookie(c)
	}
}

// bindLogOut reads who logs out: by the body, the header, or both.
func (a *area) bindLogOut(c *gin.Context) (in auth.LogOutIn, err error) {
	b, err := exchange.ReadBody(c.Request)
	if err != nil {
		return in, err
	}
	in.Refresh = b.TextOr("refresh")
	if err := b.Err(); err != nil {
		return in, err
	}
	if in.Scope, err = logOutScope(c.Request.URL.RawQuery); err != nil {
		return in, err
	}
	in.Access, err = a.credential.Token(c.Request.Header)
	return in, err
}

// logOutScope reads the scope of a query. One that cannot be read, or is there
// twice, may have been meant to end more than would be.
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
