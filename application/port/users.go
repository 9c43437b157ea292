package port

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Users reads and updates the users of valid tokens.
type Users interface {
	// WhoAmI must find the user of an actor in one read.
	// It must find no user when the user is disabled, or the session is missing or another user's,
	// whatever the text of the ids.
	// It must find no user when the actor has the id of another user.
	WhoAmI(ctx context.Context, actor domain.Actor) (user domain.User, found bool, err error)

	// ChangeProfile must change exactly the given fields, and return the updated user.
	// It must find no user exactly when WhoAmI finds none, and change nothing then.
	ChangeProfile(
		ctx context.Context, actor domain.Actor, change domain.ProfileChange,
	) (user domain.User, found bool, err error)

	// KnownSince must return whether an identifier has a user, active or not, and the time of joining.
	// No answer to a request for a code may depend on it, or it would reveal accounts.
	KnownSince(ctx context.Context, identifier domain.Identifier) (joined time.Time, known bool, err error)
}
