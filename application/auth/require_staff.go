package auth

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// RequireStaff authorizes staff and superusers. It reads the user at each call: a token
// holds no role, and outlives one.
type RequireStaff struct{ users port.Users }

// NewRequireStaff makes the use case.
func NewRequireStaff(users port.Users) *RequireStaff { return &RequireStaff{users} }

// RequireStaffIn names the actor.
type RequireStaffIn struct{ Actor domain.Actor }

// RequireStaffOut is the member of staff.
type RequireStaffOut struct{ User domain.User }

// Do fails with permission_denied for other users, and with token_not_valid when the
// session of the actor has ended.
func (uc *RequireStaff) Do(ctx context.Context, in RequireStaffIn) (RequireStaffOut, error) {
	user, found, err := uc.users.WhoAmI(ctx, in.Actor)
	switch {
	case err != nil:
		return RequireStaffOut{}, err
	case !found:
		return RequireStaffOut{}, domain.ErrTokenNotValid
	case !user.IsStaff && !user.IsSuperuser:
		return RequireStaffOut{}, domain.ErrPermissionDenied
	}
	return RequireStaffOut{user}, nil
}
