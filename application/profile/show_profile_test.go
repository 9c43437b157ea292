package profile_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/profile"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

var (
	actor  = domain.Actor{UserUUID: "uuid", SessionID: "sid"}
	ada    = domain.User{ID: 7, UUID: "uuid", Email: "ada@example.com", IsActive: true}
	errOut = errors.New("connection refused")
)

func TestShowProfile(t *testing.T) {
	t.Parallel()
	users := mocks.NewUsers(t)
	users.EXPECT().WhoAmI(mock.Anything, actor).Return(ada, true, nil).Once()
	out, err := profile.NewShowProfile(users).Do(t.Context(), profile.ShowProfileIn{Actor: actor})
	require.NoError(t, err)
	require.Equal(t, ada, out.User)
}

// Disabled, deleted and signed out look alike.
func TestShowProfile_nobody(t *testing.T) {
	t.Parallel()
	users := mocks.NewUsers(t)
	users.EXPECT().WhoAmI(mock.Anything, actor).Return(ada, false, nil).Once() // what a careless store gives beside
	out, err := profile.NewShowProfile(users).Do(t.Context(), profile.ShowProfileIn{Actor: actor})
	require.ErrorIs(t, err, domain.ErrTokenNotValid)
	require.Zero(t, out)
}

func TestShowProfile_aStoreOutOfOrder(t *testing.T) {
	t.Parallel()
	users := mocks.NewUsers(t)
	users.EXPECT().WhoAmI(mock.Anything, actor).Return(ada, true, errOut).Once()
	out, err := profile.NewShowProfile(users).Do(t.Context(), profile.ShowProfileIn{Actor: actor})
	require.ErrorIs(t, err, errOut)
	require.Zero(t, out)
}
