package port

import (
	"context"

	"github.com/doorcode-auth/doorcode/domain"
)

// RegistrationSources tells where users came from. What links them is SignIns.
type RegistrationSources interface {
	// OfUser must return every source of the actor's user, the first registration first, then by the time of the link, oldest first.
	// It must find nobody exactly when Users.WhoAmI would.
	OfUser(ctx context.Context, actor domain.Actor) (sources []domain.UserSource, found bool, err error)
}
