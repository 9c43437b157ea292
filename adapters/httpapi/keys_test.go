package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestShowKeys(t *testing.T) {
	t.Parallel()
	w := setup(t)
	got := w.do(http.MethodGet, "/.well-known/jwks.json", "")
	require.Equal(t, http.StatusOK, got.Status)
	require.Equal(t, `{"keys":[{"kty":"EC","kid":"a"}]}`, got.Body)
	require.Equal(t, "application/json; charset=utf-8", got.Header.Get("Content-Type"))
	require.Equal(t, "public, max-age=300", got.Header.Get("Cache-Control"))
	require.Empty(t, got.Header.Values("Set-Cookie"))
	require.Zero(t, w.store.called(), "the keys need no store")
}
