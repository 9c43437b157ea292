package auth

import (
	"context"
	"errors"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// LogOutScope says which sessions of a person a logout ends.
type LogOutScope string

// The scopes of a logout.
const (
	LogOutLocal  LogOutScope = "local"  // the one that is named
	LogOutGlobal LogOutScope = "global" // all
	LogOutOthers LogOutScope = "others" // all but the one that is named
)

// LogOut ends sessions: from then on no token of theirs is good here.
type LogOut struct{ reader tokenReader }

// NewLogOut makes the use case.
func NewLogOut(
	access port.AccessTokens, refresh port.RefreshTokens, sessions port.Sessions, clock port.Clock, policy domain.SessionPolicy,
) *LogOut {
	return &LogOut{tokenReader{access, refresh, sessions, clock, policy}}
}

// LogOutIn is who logs out, by an access token, a refresh token or both.
type LogOutIn struct {
	Access  string // "" if none was shown
	Refresh string // "" if none was shown; it names the session before an access token does
	Scope   LogOutScope
}

// LogOutOut is what was ended.
type LogOutOut struct {
	Actor domain.Actor
	Ended int
}

// Do fails with not_authenticated without a token, and with token_not_valid when
// the one that counts is not good, or the two are of two people.
func (uc *LogOut) Do(ctx context.Context, in LogOutIn) (out LogOutOut, err error) {
	switch in.Scope {
	case LogOutLocal, LogOutGlobal, LogOutOthers:
	default:
		return out, domain.ErrInvalidScope
	}
	if out.Actor, err = uc.actor(ctx, in); err != nil {
		return out, err
	}
	var which port.SessionFilter
	switch in.Scope {
	case LogOutLocal:
		which.Only = out.Actor.SessionID
	case LogOutOthers:
		which.Except = out.Actor.SessionID
	case LogOutGlobal:
	}
	ended, found, err := uc.reader.sessions.End(ctx, out.Actor, which)
	if err == nil && !found {
		err = domain.ErrTokenNotValid.Because(errSessionEnded)
	}
	out.Ended = ended
	return out, err
}

// actor is who logs out. Whether the session stands is for the end of it to say,
// but a refresh token must be the current one or the one just before.
func (uc *LogOut) actor(ctx context.Context, in LogOutIn) (domain.Actor, error) {
	if in.Refresh == "" {
		if in.Access == "" {
			return domain.Actor{}, domain.ErrNotAuthenticated
		}
		claims, err := uc.reader.access.ParseAccess(in.Access)
		return claims.Actor(), err
	}
	claims, err := uc.reader.refresh.ParseRefresh(in.Refresh)
	if err != nil {
		return domain.Actor{}, err
	}
	actor := claims.Actor()
	if other, err := uc.reader.access.ParseAccess(in.Access); err == nil && other.UserUUID != actor.UserUUID {
		return actor, domain.ErrTokenNotValid.Because(errors.New("the two tokens are of two people"))
	}
	shown, err := uc.reader.look(ctx, in.Refresh)
	if err != nil {
		return actor, err
	}
	switch shown.Verdict {
	case domain.RefreshCurrent, domain.RefreshRepeat:
		return actor, nil
	case domain.RefreshReused:
		if _, _, err := uc.reader.sessions.End(ctx, actor, port.SessionFilter{Only: actor.SessionID}); err != nil {
			return actor, err
		}
	case domain.RefreshEnded:
	}
	return actor, refusal(shown.Verdict)
}
