package domain_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestCleanUserAgent(t *testing.T) {
	t.Parallel()
	const safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
	for text, want := range map[string]string{
		"":                              "",
		safari:                          safari,
		"Dörte/1.0":                     "Dörte/1.0",
		"a\xffb":                        "ab",
		"a\x00b\nc\x1b[31m\u0085d":      "abc[31md",
		strings.Repeat("a", 513):        strings.Repeat("a", 512),
		strings.Repeat("a", 511) + "ü!": strings.Repeat("a", 511), // cut in the middle of a letter
	} {
		require.Equal(t, want, domain.CleanUserAgent(text), "%q", text)
	}
	rapid.Check(t, func(t *rapid.T) {
		clean := domain.CleanUserAgent(string(rapid.SliceOf(rapid.Byte()).Draw(t, "header")))
		require.True(t, utf8.ValidString(clean))
		require.LessOrEqual(t, len(clean), domain.MaxUserAgent)
		require.Equal(t, clean, domain.CleanUserAgent(clean))
	})
}

func TestAccessClaims_Actor(t *testing.T) {
	t.Parallel()
	claims := domain.AccessClaims{ID: "jti", UserID: 7, UserUUID: "uuid", SessionID: "sid", AMR: []string{"otp"}, AuthTime: asked}
	require.Equal(t, domain.Actor{UserID: 7, UserUUID: "uuid", SessionID: "sid"}, claims.Actor())
}
