package auth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

func TestReadToken(t *testing.T) {
	t.Parallel()
	tokens := mocks.NewAccessTokens(t)
	tokens.EXPECT().ParseAccess("good").Return(domain.AccessClaims{
		ID: "jti", UserID: 7, UserUUID: "uuid",
		SessionID: "sid",
	}, nil)
	out, err := auth.NewReadToken(tokens).Do(t.Context(), auth.ReadTokenIn{Token: "good"})
	require.NoError(t, err)
	require.Equal(t, domain.AccessClaims{UserID: 7, UserUUID: "uuid", SessionID: "sid"}.Actor(), out.Actor)
}

func TestReadToken_none(t *testing.T) {
	t.Parallel()
	out, err := auth.NewReadToken(mocks.NewAccessTokens(t)).Do(t.Context(), auth.ReadTokenIn{})
	require.ErrorIs(t, err, domain.ErrNotAuthenticated)
	require.Zero(t, out)
}

func TestReadToken_notValid(t *testing.T) {
	t.Parallel()
	tokens := mocks.NewAccessTokens(t)
	claims := domain.AccessClaims{UserUUID: "uuid", SessionID: "sid"} // that a careless parser gives with its refusal
	tokens.EXPECT().ParseAccess("bad").Return(claims, domain.ErrTokenNotValid)
	out, err := auth.NewReadToken(tokens).Do(t.Context(), auth.ReadTokenIn{Token: "bad"})
	require.ErrorIs(t, err, domain.ErrTokenNotValid)
	require.Zero(t, out)
}
