package port

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Sessions keeps sign-ins until they end.
type Sessions interface {
	// Rotate uses a session by a refresh token of it: one atomic act.
	//
	// It must judge the generation as the policy does, by the session as it was last committed.
	// By a current one the session must become used at r.Now, and one generation on if the policy rotates, and nothing else may change.
	// A repeat must change nothing, and tell the session as it is.
	// A reused one must end the session.
	// Of any number of parallel rotations of one generation exactly one must be current, and the others repeats of it, by a policy that rotates, keeps no older ones and has a grace.
	// It must tell and change nothing of a session when the user is disabled, it is another user's, or it is not there, whatever the text of the ids.
	// Once a session has ended every rotation of it must find it ended, whatever runs in parallel.
	// What it did must be durable when it returns, whatever becomes of ctx.
	Rotate(ctx context.Context, r Rotation) (RotationResult, error)

	// Find must find the session of an actor exactly when Users.WhoAmI finds the user.
	Find(ctx context.Context, actor domain.Actor) (session domain.Session, found bool, err error)

	// OfUser must return all sessions of the actor's user, the last made first.
	// It must return none exactly when Users.WhoAmI would find nobody.
	OfUser(ctx context.Context, actor domain.Actor) ([]domain.Session, error)

	// End must end exactly those sessions of the actor's user that are named.
	// It must find nobody exactly when Users.WhoAmI would, and end nothing then.
	// The end must be durable when it returns, whatever becomes of ctx.
	End(ctx context.Context, actor domain.Actor, which SessionFilter) (ended int, found bool, err error)

	// Purge must remove at most p.Limit sessions, none but those last used before p.UsedBefore or made before p.MadeBefore.
	// Called until it removes nothing, it must have removed all of those that have been so for a day.
	Purge(ctx context.Context, p SessionPurge) (removed int, err error)
}

// Rotation is a refresh token that was shown.
type Rotation struct {
	SessionID  string
	UserUUID   string
	Generation int64
	Policy     domain.SessionPolicy
	Now        time.Time
}

// RotationResult is what became of it. The session is as it is now, and there only of a
// current one and of a repeat.
type RotationResult struct {
	Verdict domain.RefreshVerdict
	Session domain.Session
}

// SessionFilter names sessions of one user: all, but for what is given.
type SessionFilter struct {
	Only   string // id of the one that is meant, "" for all
	Except string // id of one that is not meant, "" for none
}

// SessionPurge says which sessions nobody can use any more.
type SessionPurge struct {
	UsedBefore time.Time
	MadeBefore time.Time
	Limit      int
}
