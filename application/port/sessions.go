package port

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Sessions stores sessions until they end.
type Sessions interface {
	// Rotate uses a session by one of its refresh tokens, in one transaction.
	//
	// It must judge the generation as the policy does, by the session as last committed.
	// A current one must set the last use to r.Now, and add one generation if the policy rotates, and
	// change nothing else.
	// A repeat must change nothing, and return the session as it is.
	// A reused one must end the session.
	// Of any number of parallel rotations of one generation exactly one must be current, and the
	// others repeats, by a policy that rotates, accepts no older ones and has a grace period.
	// It must return and change nothing when the user is disabled, or the session is another user's or
	// missing, whatever the text of the ids.
	// After the end of a session every rotation must find it ended, whatever runs in parallel.
	// Its effect must be durable when it returns, even if ctx is cancelled.
	Rotate(ctx context.Context, r Rotation) (RotationResult, error)

	// Find must return the session of an actor exactly when Users.WhoAmI finds the user.
	Find(ctx context.Context, actor domain.Actor) (session domain.Session, found bool, err error)

	// OfUser must return all sessions of the actor's user, the newest first.
	// It must return none exactly when Users.WhoAmI finds no user.
	OfUser(ctx context.Context, actor domain.Actor) ([]domain.Session, error)

	// End must end exactly the sessions of the actor's user that match the filter.
	// It must find no user exactly when Users.WhoAmI finds none, and end nothing then.
	// The end must be durable when it returns, even if ctx is cancelled.
	End(ctx context.Context, actor domain.Actor, which SessionFilter) (ended int, found bool, err error)

	// Purge must delete at most p.Limit sessions, only those last used before p.UsedBefore or made
	// before p.MadeBefore.
	// Called until it deletes nothing, it must have deleted all that have been so for a day.
	Purge(ctx context.Context, p SessionPurge) (removed int, err error)
}

// Rotation is a presented refresh token.
type Rotation struct {
	SessionID  string
	UserUUID   string
	Generation int64
	Policy     domain.SessionPolicy
	Now        time.Time
}

// RotationResult is the result of a rotation. Only current and repeat have the session,
// as it is now.
type RotationResult struct {
	Verdict domain.RefreshVerdict
	Session domain.Session
}

// SessionFilter selects sessions of one user. The zero value selects all.
type SessionFilter struct {
	Only   string // id of the one session to select, "" for all
	Except string // id of a session to exclude, "" for none
}

// SessionPurge selects expired sessions.
type SessionPurge struct {
	UsedBefore time.Time
	MadeBefore time.Time
	Limit      int
}
