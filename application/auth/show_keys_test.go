package auth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

func TestShowKeys(t *testing.T) {
	t.Parallel()
	tokens := mocks.NewAccessTokens(t)
	tokens.EXPECT().KeySet().Return([]byte(`{"keys":[]}`)).Once()
	out, err := auth.NewShowKeys(tokens).Do(t.Context(), auth.ShowKeysIn{})
	require.NoError(t, err)
	require.Equal(t, `{"keys":[]}`, string(out.KeySet))
}
