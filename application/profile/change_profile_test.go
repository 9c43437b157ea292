package profile_test

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/profile"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

func TestChangeProfile(t *testing.T) {
	t.Parallel()
	users := mocks.NewUsers(t)
	typed, clean := "  Ada ", "Ada"
	changed := ada
	changed.FirstName = clean
	users.EXPECT().ChangeProfile(mock.Anything, actor, domain.ProfileChange{FirstName: &clean}).
		Return(changed, true, nil).Once()
	out, err := profile.NewChangeProfile(users).Do(t.Context(),
		profile.ChangeProfileIn{Actor: actor, Change: domain.ProfileChange{FirstName: &typed}})
	require.NoError(t, err)
	require.Equal(t, changed, out.User)
}

func TestChangeProfile_whatIsNoNameIsNotWritten(t *testing.T) {
	t.Parallel()
	name := "A\x00da"
	out, err := profile.NewChangeProfile(mocks.NewUsers(t)).
		Do(t.Context(), profile.ChangeProfileIn{Actor: actor, Change: domain.ProfileChange{Company: &name}})
	require.ErrorIs(t, err, domain.ErrInvalidRequest)
	require.Equal(t, "profile/company", domain.AsError(err).Field)
	require.Zero(t, out)
}

func TestChangeProfile_nobody(t *testing.T) {
	t.Parallel()
	users := mocks.NewUsers(t)
	users.EXPECT().ChangeProfile(mock.Anything, actor, mock.Anything).Return(ada, false, nil).Once()
	out, err := profile.NewChangeProfile(users).Do(t.Context(), profile.ChangeProfileIn{Actor: actor})
	require.ErrorIs(t, err, domain.ErrTokenNotValid)
	require.Zero(t, out)
}

func TestChangeProfile_aStoreOutOfOrder(t *testing.T) {
	t.Parallel()
	users := mocks.NewUsers(t)
	users.EXPECT().ChangeProfile(mock.Anything, actor, mock.Anything).Return(ada, true, errOut).Once()
	out, err := profile.NewChangeProfile(users).Do(t.Context(), profile.ChangeProfileIn{Actor: actor})
	require.ErrorIs(t, err, errOut)
	require.Zero(t, out)
}
