package contract

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// RefreshTokens proves the contract of port.RefreshTokens.
func RefreshTokens(t *testing.T, open OpenTokens) {
	t.Helper()
	prove(t, open, refreshTokenPromises())
}

func refreshTokenPromises() []promise[OpenTokens] {
	return []promise[OpenTokens]{
		{
			"SignRefresh must make a token that ParseRefresh parses to the same claims, with a jti and the times cut " +
				"to seconds.",
			refreshTokenReadsBack,
		},
		{
			"ParseRefresh must refuse with token_not_valid every text that is not a valid refresh token of this " +
				"service: signed by it, begun and not expired.",
			func(t testing.TB, open OpenTokens) { refusesOthers(t, open, refreshOf) },
		},
		{
			"It must refuse an access token.",
			func(t testing.TB, open OpenTokens) { refusesKind(t, open, refreshOf, accessOf) },
		},
		{
			"Of the same claims it must make the same token, and for every session and generation another jti.",
			refreshTokenRepeats,
		},
	}
}

var refreshOf = tokenKind{
	sign: func(t testing.TB, tokens Tokens) string {
		signed, err := tokens.SignRefresh(someRefresh)
		require.NoError(t, err)
		return signed
	},
	parse: func(tokens Tokens, text string) error {
		_, err := tokens.ParseRefresh(text)
		return err
	},
}

func refreshTokenReadsBack(t testing.TB, open OpenTokens) {
	tokens, _ := openSome(t, open)
	for _, generation := range []int64{0, 1, 7, 1 << 40} {
		asked := someRefresh
		asked.Generation = generation
		want := asked
		asked.IssuedAt = asked.IssuedAt.Add(999_999 * time.Microsecond)
		asked.ExpiresAt = asked.ExpiresAt.Add(500 * time.Millisecond)
		signed, err := tokens.SignRefresh(asked)
		require.NoError(t, err)
		read, err := tokens.ParseRefresh(signed)
		require.NoError(t, err)
		require.NotEmpty(t, read.ID)
		want.ID = read.ID
		require.Equal(t, want, read)
	}
}

// refreshTokenRepeats opens the adapter anew: another instance has to make the
// same token.
func refreshTokenRepeats(t testing.TB, open OpenTokens) {
	first, _ := openSome(t, open)
	second, _ := openSome(t, open)
	ids := map[string]bool{}
	for _, session := range []string{someSession, "019cec25-e600-7000-8000-00000000000c"} {
		for generation := range int64(300) {
			asked := someRefresh
			asked.SessionID, asked.Generation = session, generation
			one, err := first.SignRefresh(asked)
			require.NoError(t, err)
			two, err := second.SignRefresh(asked)
			require.NoError(t, err)
			require.Equal(t, one, two)
			read, err := first.ParseRefresh(one)
			require.NoError(t, err)
			require.False(t, ids[read.ID], "the jti of generation %d is that of another", generation)
			ids[read.ID] = true
		}
	}
}
