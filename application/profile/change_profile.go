package profile

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ChangeProfile updates the profile of the actor's user.
type ChangeProfile struct{ users port.Users }

// NewChangeProfile makes the use case.
func NewChangeProfile(users port.Users) *ChangeProfile { return &ChangeProfile{users} }

// ChangeProfileIn is the actor and the update.
type ChangeProfileIn struct {
	Actor  domain.Actor
	Change domain.ProfileChange
}

// ChangeProfileOut is the updated user.
type ChangeProfileOut struct{ User domain.User }

// Do fails with invalid_request for an invalid text, before anything is written, and with
// token_not_valid when the session of the actor has ended.
func (uc *ChangeProfile) Do(ctx context.Context, in ChangeProfileIn) (ChangeProfileOut, error) {
	change, err := in.Change.Clean()
	if err != nil {
		return ChangeProfileOut{}, err
	}
	user, found, err := uc.users.ChangeProfile(ctx, in.Actor, change)
	if err != nil {
		return ChangeProfileOut{}, err
	}
	if !found {
		return ChangeProfileOut{}, domain.ErrTokenNotValid
	}
	return ChangeProfileOut{User: user}, nil
}
