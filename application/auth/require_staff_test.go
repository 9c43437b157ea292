package auth_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

func TestRequireStaff(t *testing.T) {
	t.Parallel()
	actor := domain.Actor{UserUUID: "u", SessionID: "s"}
	away := errors.New("connection refused")
	for name, row := range map[string]struct {
		user  domain.User
		found bool
		err   error
		want  error
	}{
		"staff":                   {domain.User{IsStaff: true}, true, nil, nil},
		"a superuser":             {domain.User{IsSuperuser: true}, true, nil, nil},
		"user":                    {domain.User{IsActive: true}, true, nil, domain.ErrPermissionDenied},
		"ended session":           {domain.User{IsStaff: true}, false, nil, domain.ErrTokenNotValid},
		"a database that is away": {domain.User{IsStaff: true}, true, away, away},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users := mocks.NewUsers(t)
			users.EXPECT().WhoAmI(mock.Anything, actor).Return(row.user, row.found, row.err).Once()
			out, err := auth.NewRequireStaff(users).Do(t.Context(), auth.RequireStaffIn{Actor: actor})
			require.ErrorIs(t, err, row.want)
			if row.want != nil {
				require.Zero(t, out)
			} else {
				require.Equal(t, row.user, out.User)
			}
		})
	}
}
