package auth

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// EndSession ends one session of the actor's user, on any device.
type EndSession struct{ sessions port.Sessions }

// NewEndSession makes the use case.
func NewEndSession(sessions port.Sessions) *EndSession { return &EndSession{sessions} }

// EndSessionIn names the session to end.
type EndSessionIn struct {
	Actor     domain.Actor
	SessionID string // any text
}

// EndSessionOut is empty.
type EndSessionOut struct{}

// Do fails with token_not_valid when the actor's own session has ended, and with
// not_found when the session is not one of the user's.
func (uc *EndSession) Do(ctx context.Context, in EndSessionIn) (out EndSessionOut, err error) {
	if in.SessionID == "" {
		return out, domain.ErrSessionNotFound
	}
	ended, found, err := uc.sessions.End(ctx, in.Actor, port.SessionFilter{Only: in.SessionID})
	switch {
	case err != nil:
		return out, err
	case !found:
		return out, domain.ErrTokenNotValid.Because(errSessionEnded)
	case ended == 0:
		return out, domain.ErrSessionNotFound
	default:
		return out, nil
	}
}
