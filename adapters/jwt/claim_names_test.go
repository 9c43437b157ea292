package jwt

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/fake"
)

func TestTokens_otherClaimNames(t *testing.T) {
	t.Parallel()
	x := setup(t, func(c *Config) {
		c.Claims = ClaimNames{UserID: "https://id.example.com/uid", TokenType: "kind", ID: "token_id"}
	})
	header, payload := decodeParts(t, x.access(t))
	require.JSONEq(t, `{
		"sub": "019cec25-e600-7000-8000-00000000000a", "https://id.example.com/uid": 42,
		"sid": "019cec25-e600-7000-8000-00000000000b",
		"kind": "access", "token_id": "019cec37-b600-7000-8000-000000000001", "iat": 1773489600, "exp": 1773493200,
		"auth_time": 1773486000, "amr": ["otp", "email"], "iss": "https://id.example.com", "aud": "https://api.example.com",
		"client_id": "https://api.example.com"
	}`, payload)
	got, err := x.tokens.ParseAccess(x.access(t))
	require.NoError(t, err)
	require.Equal(t, int64(42), got.UserID)
	_, refresh := decodeParts(t, x.refresh(t))
	require.Contains(t, refresh, `"kind":"refresh"`)
	require.Contains(t, refresh, `"token_id":"`+x.tokens.refreshID(someRefresh)+`"`)
	_, err = x.tokens.ParseRefresh(x.refresh(t))
	require.NoError(t, err)

	usual := setup(t)
	_, err = usual.tokens.ParseAccess(x.access(t))
	require.Equal(t, wrongType, errors.Unwrap(err), "the names are part of what a token must be")
	_, err = x.tokens.ParseAccess(usual.access(t))
	require.Equal(t, wrongType, errors.Unwrap(err))
	twice := strings.Replace(payload, `"kind"`, `"kind":"refresh","kind"`, 1)
	_, err = x.tokens.ParseAccess(signToken(header, twice, x.tokens.access.signing))
	require.Equal(t, malformed, errors.Unwrap(err), "a name twice")
}

func TestTokens_userIDIsTheUUID(t *testing.T) {
	t.Parallel()
	x := setup(t, func(c *Config) { c.UserIDField = UserIDUUID })
	header, payload := decodeParts(t, x.access(t))
	uuid := fmt.Sprintf(`"user_id":%q`, someAccess.UserUUID)
	require.Contains(t, payload, uuid)
	got, err := x.tokens.ParseAccess(x.access(t))
	require.NoError(t, err)
	require.Zero(t, got.UserID)
	require.Equal(t, someAccess.UserUUID, got.UserUUID)
	for name, other := range map[string]string{
		"of another user": `"user_id":"019cec25-e600-7000-8000-0000000000ff"`, "empty": `"user_id":""`, "missing": `"x":1`,
		"in upper case": strings.ReplaceAll(strings.ToUpper(uuid), "USER_ID", "user_id"),
	} {
		bad := strings.Replace(payload, uuid, other, 1)
		_, err := x.tokens.ParseAccess(signToken(header, bad, x.tokens.access.signing))
		require.Equal(t, badClaim, errors.Unwrap(err), name)
	}
	_, err = x.tokens.ParseAccess(
		signToken(header, strings.Replace(payload, uuid, `"user_id":42`, 1), x.tokens.access.signing),
	)
	require.Equal(t, malformed, errors.Unwrap(err), "a number")
	_, err = setup(t).tokens.ParseAccess(x.access(t))
	require.Equal(t, malformed, errors.Unwrap(err), "a text where a number must be")
}

func TestNew_claimNames(t *testing.T) {
	t.Parallel()
	const other, same, none = "is the name of a claim with another meaning", "is the same as", "is no name"
	for _, row := range []struct {
		names ClaimNames
		want  string // "" for good ones
	}{
		{ClaimNames{}, ""},
		{ClaimNames{UserID: "uid", TokenType: "typ", ID: "id"}, ""},
		{ClaimNames{UserID: "token_type", TokenType: "user_id"}, ""},
		{ClaimNames{UserID: "sub"}, "jwt.user_id_claim " + other},
		{ClaimNames{UserID: "Sub"}, "jwt.user_id_claim " + other},
		{ClaimNames{UserID: "exp"}, "jwt.user_id_claim " + other},
		{ClaimNames{UserID: "jti"}, "jwt.user_id_claim " + other},
		{ClaimNames{UserID: "jti", ID: "id"}, "jwt.user_id_claim " + other},
		{ClaimNames{TokenType: "aud"}, "jwt.token_type_claim " + other},
		{ClaimNames{TokenType: "amr"}, "jwt.token_type_claim " + other},
		{ClaimNames{ID: "sid"}, "jwt.jti_claim " + other},
		{ClaimNames{ID: "JTI"}, "jwt.jti_claim " + other},
		{ClaimNames{ID: "nbf"}, "jwt.jti_claim " + other},
		{ClaimNames{UserID: "token_type"}, "jwt.token_type_claim " + same + " jwt.user_id_claim"},
		{ClaimNames{UserID: "x", ID: "X"}, "jwt.jti_claim " + same + " jwt.user_id_claim"},
		{ClaimNames{UserID: `a"b`}, "jwt.user_id_claim " + none},
		{ClaimNames{UserID: "a b"}, "jwt.user_id_claim " + none},
		{ClaimNames{TokenType: "\u00fc"}, "jwt.token_type_claim " + none},
		{ClaimNames{ID: strings.Repeat("x", 65)}, "jwt.jti_claim " + none},
	} {
		cfg := someConfig()
		cfg.Claims = row.names
		_, err := New(cfg, fake.NewClock(), &fake.Random{})
		if row.want == "" {
			require.NoError(t, err, "%+v", row.names)
			continue
		}
		require.ErrorContains(t, err, row.want, "%+v", row.names)
		require.Len(t, Check(cfg), 1, "%+v", row.names)
	}
	cfg := someConfig()
	cfg.UserIDField = "email"
	require.Equal(t, []Mistake{{"jwt.user_id_field", "is no field of a user", "give id or uuid"}}, Check(cfg))
}
