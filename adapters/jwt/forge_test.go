package jwt

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// opened is the header and the claims of a token, as JSON.
func opened(t testing.TB, text string) (header, payload string) {
	t.Helper()
	parts := strings.Split(text, ".")
	require.Len(t, parts, 3)
	one, err := base64.RawURLEncoding.DecodeString(parts[0])
	require.NoError(t, err)
	two, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	return string(one), string(two)
}

// forged is a token of this header and these claims, rightly signed with the key.
func forged(header, payload string, k key) string {
	return sealed(encode([]byte(header))+"."+encode([]byte(payload)), k)
}

// sealed puts the right signature under two parts of a token, in whatever way they
// are written.
func sealed(text string, k key) string {
	mac := hmac.New(sha256.New, k.material().([]byte))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}
