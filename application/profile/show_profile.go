// Package profile has the use cases of users about their own profile. Identifiers, roles
// and verified flags are not changed here.
package profile

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ShowProfile shows the user of an access token.
type ShowProfile struct{ users port.Users }

// NewShowProfile makes the use case.
func NewShowProfile(users port.Users) *ShowProfile { return &ShowProfile{users} }

// ShowProfileIn names the actor.
type ShowProfileIn struct{ Actor domain.Actor }

// ShowProfileOut is the actor's user.
type ShowProfileOut struct{ User domain.User }

// Do fails with token_not_valid when the session of the actor has ended or the user is
// disabled.
func (uc *ShowProfile) Do(ctx context.Context, in ShowProfileIn) (ShowProfileOut, error) {
	user, found, err := uc.users.WhoAmI(ctx, in.Actor)
	if err != nil {
		return ShowProfileOut{}, err
	}
	if !found {
		return ShowProfileOut{}, domain.ErrTokenNotValid
	}
	return ShowProfileOut{User: user}, nil
}
