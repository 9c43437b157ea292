package auth

import (
	"context"
	"errors"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// LogOutScope selects the sessions of a user that a logout ends.
type LogOutScope string

// The scopes of a logout.
const (
	LogOutLocal  LogOutScope = "local"  // the named session
	LogOutGlobal LogOutScope = "global" // all sessions
	LogOutOthers LogOutScope = "others" // all sessions but the named one
)

// LogOut ends sessions. Their tokens are refused from then on.
type LogOut struct{ tokenReader }

// NewLogOut makes the use case.
func NewLogOut(ports Ports, policy domain.SessionPolicy) *LogOut {
	return &LogOut{tokenReader{ports, policy}}
}

// LogOutIn presents an access token, a refresh token or both.
type LogOutIn struct {
	Access  string // "" if missing
	Refresh string // "" if missing; it takes precedence over the access token
	Cookie  bool   // Refresh came in a cookie: beside a valid access token an invalid one is ignored
	Scope   LogOutScope
}

// LogOutOut counts the sessions that were ended.
type LogOutOut struct {
	Actor domain.Actor
	Ended int
}

// Do fails with not_authenticated without a token, and with token_not_valid when the
// token that counts is not valid, or the two tokens are of two users.
func (uc *LogOut) Do(ctx context.Context, in LogOutIn) (out LogOutOut, err error) {
	switch in.Scope {
	case LogOutLocal, LogOutGlobal, LogOutOthers:
	default:
		return out, domain.ErrInvalidScope
	}
	if out.Actor, err = uc.actor(ctx, in); err != nil {
		return out, err
	}
	var filter port.SessionFilter
	switch in.Scope {
	case LogOutLocal:
		filter.Only = out.Actor.SessionID
	case LogOutOthers:
		filter.Except = out.Actor.SessionID
	case LogOutGlobal:
	}
	ended, found, err := uc.ports.Sessions.End(ctx, out.Actor, filter)
	if err == nil && !found {
		err = domain.ErrTokenNotValid.Because(errSessionEnded)
	}
	out.Ended = ended
	return out, err
}

// actor authenticates the client. End finds out whether the session still exists, but a
// refresh token must be the current one or its direct predecessor.
func (uc *LogOut) actor(ctx context.Context, in LogOutIn) (domain.Actor, error) {
	if in.Refresh == "" && in.Access == "" {
		return domain.Actor{}, domain.ErrNotAuthenticated
	}
	access, accessErr := uc.ports.AccessTokens.ParseAccess(in.Access)
	if in.Refresh == "" {
		return access.Actor(), accessErr
	}
	var actor domain.Actor
	claims, err := uc.ports.RefreshTokens.ParseRefresh(in.Refresh)
	if err == nil {
		actor = claims.Actor()
		if accessErr == nil && access.UserUUID != actor.UserUUID {
			return actor, domain.ErrTokenNotValid.Because(errors.New("the two tokens are of two users"))
		}
		err = uc.checkRefresh(ctx, in.Refresh, actor)
	}
	if in.Cookie && accessErr == nil && errors.Is(err, domain.ErrTokenNotValid) {
		return access.Actor(), nil
	}
	return actor, err
}

// checkRefresh fails unless a refresh token is the current one of its session or the one
// before. A reused one ends the session.
func (uc *LogOut) checkRefresh(ctx context.Context, token string, actor domain.Actor) error {
	presented, err := uc.introspect(ctx, token)
	if err != nil {
		return err
	}
	switch presented.Verdict {
	case domain.RefreshCurrent, domain.RefreshRepeat:
		return nil
	case domain.RefreshReused:
		if _, _, err := uc.ports.Sessions.End(ctx, actor, port.SessionFilter{Only: actor.SessionID}); err != nil {
			return err
		}
	case domain.RefreshEnded:
	}
	return refusal(presented.Verdict)
}
