package port

import (
	"context"

	"github.com/doorcode-auth/doorcode/domain"
)

// RegistrationSources reads the sources of users, which SignIns links.
type RegistrationSources interface {
	// OfUser must return every source of the actor's user, the one of the registration first, then the
	// oldest link.
	// It must find no user exactly when Users.WhoAmI finds none.
	OfUser(ctx context.Context, actor domain.Actor) (sources []domain.UserSource, found bool, err error)
}
