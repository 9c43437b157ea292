package jwt

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// decodeParts returns the header and the claims of a token as JSON.
func decodeParts(t testing.TB, text string) (header, payload string) {
	t.Helper()
	parts := strings.Split(text, ".")
	require.Len(t, parts, 3)
	one, err := base64.RawURLEncoding.DecodeString(parts[0])
	require.NoError(t, err)
	two, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	return string(one), string(two)
}

// signToken signs a header and claims with the key.
func signToken(header, payload string, k key) string {
	return signParts(encode([]byte(header))+"."+encode([]byte(payload)), k)
}

// signParts appends the right signature to two encoded parts of a token.
func signParts(text string, k key) string {
	mac := hmac.New(sha256.New, k.material().([]byte))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}
