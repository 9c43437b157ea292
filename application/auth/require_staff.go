package auth

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// RequireStaff tells whether somebody may see what is for staff only. It asks at each
// call: a token does not know who is staff, and somebody who is no more may still hold
// one.
type RequireStaff struct{ users port.Users }

// NewRequireStaff makes the use case.
func NewRequireStaff(users port.Users) *RequireStaff { return &RequireStaff{users} }

// RequireStaffIn is who wants to see something.
type RequireStaffIn struct{ Actor domain.Actor }

// RequireStaffOut is the member of staff.
type RequireStaffOut struct{ User domain.User }

// Do fails with permission_denied for whoever is neither staff nor a superuser, and with
// token_not_valid when the session of the actor does not stand.
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
