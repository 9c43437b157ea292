package auth

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// EndSession ends one session of whoever asks, on whatever device it is.
type EndSession struct{ sessions port.Sessions }

// NewEndSession makes the use case.
func NewEndSession(sessions port.Sessions) *EndSession { return &EndSession{sessions} }

// EndSessionIn is who asks, and for the end of which session.
type EndSessionIn struct {
	Actor     domain.Actor
	SessionID string // as it was given
}

// EndSessionOut has nothing in it.
type EndSessionOut struct{}

// Do fails with token_not_valid when the session of the actor does not stand, and
// with not_found when the session is not one of theirs.
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
