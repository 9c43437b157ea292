package jwt

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/fake"
)

var (
	someSecret  = []byte("a secret key of the server, 36 bytes")
	otherSecret = []byte("another key of a server, 33 bytes")

	someAccess = domain.AccessClaims{
		UserID: 42, UserUUID: "019cec25-e600-7000-8000-00000000000a", SessionID: "019cec25-e600-7000-8000-00000000000b",
		AMR: []string{"otp", "email"}, AuthTime: fake.Noon.Add(-time.Hour),
		IssuedAt: fake.Noon, ExpiresAt: fake.Noon.Add(time.Hour),
	}
	someRefresh = domain.RefreshClaims{
		UserUUID: someAccess.UserUUID, SessionID: someAccess.SessionID, Generation: 7,
		IssuedAt: fake.Noon, ExpiresAt: fake.Noon.Add(24 * time.Hour),
	}
)

func someConfig() Config {
	return Config{
		SecretKey: someSecret, Issuer: "https://id.example.com", Audience: "https://api.example.com",
	}
}

type testBundle struct {
	clock  *fake.Clock
	random *fake.Random
	tokens *Tokens
}

func setup(t testing.TB, change ...func(*Config)) testBundle {
	t.Helper()
	cfg := someConfig()
	for _, c := range change {
		c(&cfg)
	}
	x := testBundle{clock: fake.NewClock(), random: &fake.Random{}}
	tokens, err := New(cfg, x.clock, x.random)
	require.NoError(t, err)
	x.tokens = tokens
	return x
}

func (x testBundle) access(t testing.TB) string {
	t.Helper()
	signed, err := x.tokens.SignAccess(someAccess)
	require.NoError(t, err)
	return signed
}

func (x testBundle) refresh(t testing.TB) string {
	t.Helper()
	signed, err := x.tokens.SignRefresh(someRefresh)
	require.NoError(t, err)
	return signed
}

func openTokens(t testing.TB, s contract.TokenSetup) contract.Tokens {
	t.Helper()
	tokens, err := New(Config{
		SecretKey: s.SecretKey, Issuer: "https://id.example.com", Audience: "https://id.example.com",
	}, s.Clock, &fake.Random{})
	require.NoError(t, err)
	return contract.Tokens{AccessTokens: tokens, RefreshTokens: tokens}
}

func TestAccessTokens_contract(t *testing.T) {
	t.Parallel()
	contract.AccessTokens(t, openTokens)
}

func TestRefreshTokens_contract(t *testing.T) {
	t.Parallel()
	contract.RefreshTokens(t, openTokens)
}

func TestNew_mistakes(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*Config)
		want   []string
	}{
		"no key": {
			func(c *Config) { c.SecretKey = nil }, []string{"secret_key has 0 bytes: set it to at least 32"},
		},
		"a short key": {func(c *Config) { c.SecretKey = make([]byte, 31) }, []string{"secret_key has 31 bytes"}},
		"a short old key": {
			func(c *Config) { c.PreviousSecretKey = []byte("short") },
			[]string{"secret_key_previous has 5 bytes"},
		},
		"a negative leeway": {func(c *Config) { c.Leeway = -1 }, []string{"jwt.leeway is -1ns: set it to 0 to 300 seconds"}},
		"too much leeway":   {func(c *Config) { c.Leeway = maxLeeway + 1 }, []string{"jwt.leeway"}},
		"all of them":       {func(c *Config) { *c = Config{Leeway: -1} }, []string{"secret_key", "leeway"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := someConfig()
			row.change(&cfg)
			_, err := New(cfg, fake.NewClock(), &fake.Random{})
			for _, want := range row.want {
				require.ErrorContains(t, err, want)
			}
			require.NotContains(t, fmt.Sprint(err), "short", "a key was printed")
		})
	}
}

// client_id is the audience, or else the issuer, or else doorcode; a token without it, as
// issued before, is accepted.
func TestTokens_clientID(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ issuer, audience, want string }{
		{"https://id.example.com", "https://api.example.com", "https://api.example.com"},
		{"https://id.example.com", "", "https://id.example.com"},
		{"", "", "doorcode"},
	} {
		x := setup(t, func(c *Config) { c.Issuer, c.Audience = row.issuer, row.audience })
		header, payload := decodeParts(t, x.access(t))
		member := fmt.Sprintf(`,"client_id":%q`, row.want)
		require.Contains(t, payload, member)
		old := signToken(header, strings.Replace(payload, member, "", 1), x.tokens.access.signing)
		_, err := x.tokens.ParseAccess(old)
		require.NoError(t, err)
		_, refresh := decodeParts(t, x.refresh(t))
		require.NotContains(t, refresh, "client_id")
	}
}

// The claims and header of a token, to the byte: other services read them.
func TestTokens_wire(t *testing.T) {
	t.Parallel()
	x := setup(t)
	header, payload := decodeParts(t, x.access(t))
	require.JSONEq(t, fmt.Sprintf(`{"alg":"HS256","kid":%q,"typ":"at+jwt"}`, x.tokens.access.signing.id), header)
	require.JSONEq(t, `{
		"sub": "019cec25-e600-7000-8000-00000000000a", "user_id": 42, "sid": "019cec25-e600-7000-8000-00000000000b",
		"token_type": "access", "jti": "019cec37-b600-7000-8000-000000000001", "iat": 1773489600, "exp": 1773493200,
		"auth_time": 1773486000, "amr": ["otp", "email"], "iss": "https://id.example.com", "aud": "https://api.example.com",
		"client_id": "https://api.example.com"
	}`, payload)

	header, payload = decodeParts(t, x.refresh(t))
	require.JSONEq(t, fmt.Sprintf(`{"alg":"HS256","kid":%q,"typ":"rt+jwt"}`, x.tokens.refresh.signing.id), header)
	require.JSONEq(t, fmt.Sprintf(`{
		"sub": "019cec25-e600-7000-8000-00000000000a", "sid": "019cec25-e600-7000-8000-00000000000b",
		"token_type": "refresh", "gen": 7, "jti": %q, "iat": 1773489600, "exp": 1773576000,
		"iss": "https://id.example.com", "aud": "https://api.example.com"
	}`, x.tokens.refreshID(someRefresh)), payload)
}

func TestTokens_issuerAndAudienceOff(t *testing.T) {
	t.Parallel()
	x := setup(t, func(c *Config) { c.Issuer, c.Audience = "", "" })
	_, payload := decodeParts(t, x.access(t))
	require.NotContains(t, payload, `"iss"`)
	require.NotContains(t, payload, `"aud"`)
	_, err := x.tokens.ParseAccess(x.access(t))
	require.NoError(t, err)

	_, err = setup(t).tokens.ParseAccess(x.access(t))
	require.ErrorIs(t, err, badClaim, "where they are on, a token without them is refused")
}

func TestTokens_oddIssuer(t *testing.T) {
	t.Parallel()
	x := setup(t, func(c *Config) { c.Issuer = `https://id.example.com/?a=1&b=<"ü">` })
	_, err := x.tokens.ParseAccess(x.access(t))
	require.NoError(t, err)
}

func TestTokens_previousKey(t *testing.T) {
	t.Parallel()
	old := setup(t)
	renewed := setup(t, func(c *Config) { c.SecretKey, c.PreviousSecretKey = otherSecret, someSecret })
	_, err := renewed.tokens.ParseAccess(old.access(t))
	require.NoError(t, err, "a token of the previous key is accepted")
	_, err = renewed.tokens.ParseRefresh(old.refresh(t))
	require.NoError(t, err, "a token of the previous key is accepted")
	_, err = old.tokens.ParseAccess(renewed.access(t))
	require.ErrorIs(t, err, unknownKey, "new tokens are signed by the new key")
	retired := setup(t, func(c *Config) { c.SecretKey = otherSecret })
	_, err = retired.tokens.ParseAccess(old.access(t))
	require.ErrorIs(t, err, unknownKey)
}

func TestTokens_leeway(t *testing.T) {
	t.Parallel()
	for _, leeway := range []time.Duration{0, 2 * time.Second, 30 * time.Second, maxLeeway} {
		x := setup(t, func(c *Config) { c.Leeway = leeway })
		text := x.access(t)
		x.clock.Advance(time.Hour + leeway - time.Microsecond)
		_, err := x.tokens.ParseAccess(text)
		require.NoError(t, err, "just before exp and a leeway of %s", leeway)
		x.clock.Advance(time.Microsecond)
		_, err = x.tokens.ParseAccess(text)
		require.ErrorIs(t, err, expired, "at exp and a leeway of %s", leeway)

		x.clock.Set(fake.Noon.Add(-clockTolerance))
		_, err = x.tokens.ParseAccess(text)
		require.NoError(t, err, "5 s before iat, with a leeway of %s", leeway)
		x.clock.Advance(-time.Microsecond)
		_, err = x.tokens.ParseAccess(text)
		require.ErrorIs(t, err, fromFuture, "over 5 s before iat, with a leeway of %s", leeway)
	}
}

func TestSign_refusesWhatParseWould(t *testing.T) {
	t.Parallel()
	x := setup(t)
	for name, spoil := range map[string]func(*domain.AccessClaims){
		"no user":             func(c *domain.AccessClaims) { c.UserID = 0 },
		"a negative user":     func(c *domain.AccessClaims) { c.UserID = -1 },
		"no subject":          func(c *domain.AccessClaims) { c.UserUUID = "" },
		"no UUID":             func(c *domain.AccessClaims) { c.UserUUID = "42" },
		"upper case":          func(c *domain.AccessClaims) { c.UserUUID = strings.ToUpper(c.UserUUID) },
		"no session":          func(c *domain.AccessClaims) { c.SessionID = "" },
		"no methods":          func(c *domain.AccessClaims) { c.AMR = nil },
		"an empty method":     func(c *domain.AccessClaims) { c.AMR = []string{"otp", ""} },
		"never authenticated": func(c *domain.AccessClaims) { c.AuthTime = time.Time{} },
	} {
		c := someAccess
		spoil(&c)
		_, err := x.tokens.SignAccess(c)
		require.EqualError(t, err, "sign access token: "+badClaim.Error(), name)
	}
	for name, spoil := range map[string]func(*domain.RefreshClaims){
		"no session":             func(c *domain.RefreshClaims) { c.SessionID = "" },
		"a generation before 0":  func(c *domain.RefreshClaims) { c.Generation = -1 },
		"it ends when it begins": func(c *domain.RefreshClaims) { c.ExpiresAt = c.IssuedAt },
		"no times":               func(c *domain.RefreshClaims) { c.IssuedAt, c.ExpiresAt = time.Time{}, time.Time{} },
	} {
		c := someRefresh
		spoil(&c)
		_, err := x.tokens.SignRefresh(c)
		require.EqualError(t, err, "sign refresh token: "+badClaim.Error(), name)
	}
}

func TestTokens_keysCannotBePrinted(t *testing.T) {
	t.Parallel()
	x := setup(t)
	secret, derived := someSecret, x.tokens.access.signing.material().([]byte)
	access := x.tokens.access
	for _, value := range []any{x.tokens, *x.tokens, access, *access, access.signing, access.keys} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			printed := fmt.Sprintf(verb, value)
			for _, key := range [][]byte{secret, derived} {
				for _, form := range []string{
					string(key), fmt.Sprintf("%x", key), strings.Trim(fmt.Sprint(key), "[]"), fmt.Sprintf("%#v", key),
				} {
					require.False(t, strings.Contains(printed, form), "%s of %T prints a key", verb, value)
				}
			}
		}
	}
	require.False(t, bytes.Equal(derived, secret))
}

// The jti cannot be computed from all claims of a token without the secret key.
func TestSignRefresh_idsAreOfTheSecretKey(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for _, secret := range [][]byte{someSecret, otherSecret} {
		x := setup(t, func(c *Config) { c.SecretKey = secret })
		c, err := x.tokens.ParseRefresh(x.refresh(t))
		require.NoError(t, err)
		require.Len(t, c.ID, 22, "128 bits in base64url")
		ids[c.ID] = true
	}
	require.Len(t, ids, 2)
}
