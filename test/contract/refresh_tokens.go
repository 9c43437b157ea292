package contract

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// RefreshTokens proves the contract of port.RefreshTokens.
func RefreshTokens(t *testing.T, open OpenTokens) {
	t.Helper()
	prove(t, open, refreshTokenPromises())
}

func refreshTokenPromises() []promise[OpenTokens] {
	return []promise[OpenTokens]{
		{
			"SignRefresh must make a token that ParseRefresh reads back as the same claims, with a new jti where they have none.",
			refreshTokenReadsBack,
		},
		{
			"ParseRefresh must refuse with token_not_valid every text that is not a refresh token of ours whose time has come and not passed.",
			func(t testing.TB, open OpenTokens) { refusesOthers(t, open, refreshOf) },
		},
		{"It must refuse an access token.", func(t testing.TB, open OpenTokens) { refusesKind(t, open, refreshOf, accessOf) }},
	}
}

var refreshOf = tokenKind{
	sign: func(t testing.TB, tokens Tokens) string {
		signed, err := tokens.SignRefresh(domain.RefreshClaims{UserUUID: someUser, SessionID: someSession})
		require.NoError(t, err)
		return signed.Text
	},
	parse: func(tokens Tokens, text string) error {
		_, err := tokens.ParseRefresh(text)
		return err
	},
}

func refreshTokenReadsBack(t testing.TB, open OpenTokens) {
	tokens, _ := openSome(t, open)
	ids := map[string]bool{}
	for range 100 {
		asked := domain.RefreshClaims{UserUUID: someUser, SessionID: someSession}
		signed, err := tokens.SignRefresh(asked)
		require.NoError(t, err)
		require.Equal(t, time.Hour, signed.ExpiresIn)
		read, err := tokens.ParseRefresh(signed.Text)
		require.NoError(t, err)
		require.False(t, read.ID == "" || ids[read.ID], "jti %q is not new", read.ID)
		ids[read.ID] = true
		asked.ID = read.ID
		require.Equal(t, asked, read)

		signed, err = tokens.SignRefresh(asked)
		require.NoError(t, err)
		again, err := tokens.ParseRefresh(signed.Text)
		require.NoError(t, err)
		require.Equal(t, asked, again, "a jti that is given stays")
	}
}
