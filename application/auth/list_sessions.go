package auth

import (
	"context"
	"slices"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ListSessions lists the sessions of the actor's user.
type ListSessions struct {
	sessions port.Sessions
	clock    port.Clock
	policy   domain.SessionPolicy
}

// NewListSessions makes the use case.
func NewListSessions(sessions port.Sessions, clock port.Clock, policy domain.SessionPolicy) *ListSessions {
	return &ListSessions{sessions, clock, policy}
}

// ListSessionsIn names the actor.
type ListSessionsIn struct{ Actor domain.Actor }

// ListSessionsOut is every session that has not expired, the newest first.
type ListSessionsOut struct{ Sessions []domain.Session }

// Do fails with token_not_valid when the session of the actor has ended.
func (uc *ListSessions) Do(ctx context.Context, in ListSessionsIn) (ListSessionsOut, error) {
	all, err := uc.sessions.OfUser(ctx, in.Actor)
	if err != nil {
		return ListSessionsOut{}, err
	}
	if len(all) == 0 {
		return ListSessionsOut{}, domain.ErrTokenNotValid.Because(errSessionEnded)
	}
	now := uc.clock.Now()
	valid := slices.DeleteFunc(all, func(s domain.Session) bool { return uc.policy.IsExpired(s, now) })
	return ListSessionsOut{valid}, nil
}
