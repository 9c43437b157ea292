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
	if in.Refresh == "" {
		if in.Access == "" {
			return domain.Actor{}, domain.ErrNotAuthenticated
		}
		claims, err := uc.ports.AccessTokens.ParseAccess(in.Access)
		return claims.Actor(), err
	}
	claims, err := uc.ports.RefreshTokens.ParseRefresh(in.Refresh)
	if err != nil {
		return domain.Actor{}, err
	}
	actor := claims.Actor()
	if other, err := uc.ports.AccessTokens.ParseAccess(in.Access); err == nil && other.UserUUID != actor.UserUUID {
		return actor, domain.ErrTokenNotValid.Because(errors.New("the two tokens are of two users"))
	}
	presented, err := uc.introspect(ctx, in.Refresh)
	if err != nil {
		return actor, err
	}
	switch presented.Verdict {
	case domain.RefreshCurrent, domain.RefreshRepeat:
		return actor, nil
	case domain.RefreshReused:
		if _, _, err := uc.ports.Sessions.End(ctx, actor, port.SessionFilter{Only: actor.SessionID}); err != nil {
			return actor, err
		}
	case domain.RefreshEnded:
	}
	return actor, refusal(presented.Verdict)
}
