package port

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Users answers for people who hold tokens.
type Users interface {
	// WhoAmI must find the user of an actor in one read.
	// It must find nobody when the user is disabled, the session is not there, or the session is another user's, whatever the text of the ids.
	// It must find nobody when the actor's user id is told and is another user's.
	WhoAmI(ctx context.Context, actor domain.Actor) (user domain.User, found bool, err error)

	// ChangeProfile must change exactly the parts that are named, and return the user as it then is.
	// It must find nobody exactly when WhoAmI would, and change nothing then.
	ChangeProfile(ctx context.Context, actor domain.Actor, change domain.ProfileChange) (user domain.User, found bool, err error)

	// KnownSince must tell whether there is a user with an identifier, active or not, and when they joined.
	// No answer to a request for a code may depend on it: it is for what is done afterwards.
	KnownSince(ctx context.Context, identifier domain.Identifier) (joined time.Time, known bool, err error)
}
