package profile

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ChangeProfile changes what a user may say of themselves.
type ChangeProfile struct {
	users port.Users
}

// NewChangeProfile makes the use case.
func NewChangeProfile(users port.Users) *ChangeProfile { return &ChangeProfile{users} }

// ChangeProfileIn is who changes what.
type ChangeProfileIn struct {
	Actor  domain.Actor
	Change domain.ProfileChange
}

// ChangeProfileOut is the user as they then are.
type ChangeProfileOut struct{ User domain.User }

// Do fails with invalid_request for a text that can't be a name, before anything
// is written, and with token_not_valid as ShowProfile does.
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
