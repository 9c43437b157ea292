package auth

import (
	"context"
	"slices"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ListSessions shows somebody where they are signed in.
type ListSessions struct {
	sessions port.Sessions
	clock    port.Clock
	policy   domain.SessionPolicy
}

// NewListSessions makes the use case.
func NewListSessions(sessions port.Sessions, clock port.Clock, policy domain.SessionPolicy) *ListSessions {
	return &ListSessions{sessions, clock, policy}
}

// ListSessionsIn is who asks.
type ListSessionsIn struct{ Actor domain.Actor }

// ListSessionsOut is every session that can still be used, the last made first.
type ListSessionsOut struct{ Sessions []domain.Session }

// Do fails with token_not_valid when the session of the actor does not stand.
func (uc *ListSessions) Do(ctx context.Context, in ListSessionsIn) (ListSessionsOut, error) {
	all, err := uc.sessions.OfUser(ctx, in.Actor)
	if err != nil {
		return ListSessionsOut{}, err
	}
	if len(all) == 0 {
		return ListSessionsOut{}, domain.ErrTokenNotValid.Because(errSessionEnded)
	}
	now := uc.clock.Now()
	return ListSessionsOut{slices.DeleteFunc(all, func(s domain.Session) bool { return uc.policy.IsExpired(s, now) })}, nil
}
