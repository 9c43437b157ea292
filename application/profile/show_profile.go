// Package profile has the use cases of people who look at and change what
// doorcode knows of them. Identifiers, roles and verified flags are not changed
// here: they need a proof.
package profile

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ShowProfile answers "who am I" for the holder of an access token.
type ShowProfile struct {
	users port.Users
}

// NewShowProfile makes the use case.
func NewShowProfile(users port.Users) *ShowProfile { return &ShowProfile{users} }

// ShowProfileIn is who asks.
type ShowProfileIn struct{ Actor domain.Actor }

// ShowProfileOut is the user that they are.
type ShowProfileOut struct{ User domain.User }

// Do fails with token_not_valid when the user or the session stands no more.
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
