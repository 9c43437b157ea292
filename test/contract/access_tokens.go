package contract

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// TokenSetup is what an adapter of tokens is opened with.
type TokenSetup struct {
	SecretKey []byte
	Clock     port.Clock // with no leeway
}

// Tokens are the two kinds of token of one service.
type Tokens struct {
	port.AccessTokens
	port.RefreshTokens
}

// OpenTokens makes an adapter of both kinds.
type OpenTokens func(t testing.TB, setup TokenSetup) Tokens

// AccessTokens proves the contract of port.AccessTokens.
func AccessTokens(t *testing.T, open OpenTokens) {
	t.Helper()
	prove(t, open, accessTokenPromises())
}

func accessTokenPromises() []promise[OpenTokens] {
	return []promise[OpenTokens]{
		{
			"SignAccess must make a token that ParseAccess parses to the same claims, with a new jti and the times " +
				"cut to seconds.",
			accessTokenReadsBack,
		},
		{
			"ParseAccess must refuse with token_not_valid every text that is not a valid access token of this " +
				"service: signed by it, begun and not expired.",
			func(t testing.TB, open OpenTokens) { refusesOthers(t, open, accessOf) },
		},
		{
			"It must refuse a refresh token.",
			func(t testing.TB, open OpenTokens) { refusesKind(t, open, accessOf, refreshOf) },
		},
		{
			"KeySet must be a JWK Set (RFC 7517) in JSON of every public key that ParseAccess verifies with, " +
				"without any secret.",
			publishesKeys,
		},
	}
}

// The people of these suites.
var (
	someUser    = "019cec25-e600-7000-8000-00000000000a"
	someSession = "019cec25-e600-7000-8000-00000000000b"
	someClaims  = domain.AccessClaims{
		UserID: 42, UserUUID: someUser, SessionID: someSession, AMR: []string{"otp", "sms", "email"},
		AuthTime: fake.Noon.Add(-time.Hour), IssuedAt: fake.Noon, ExpiresAt: fake.Noon.Add(time.Hour),
	}
	someRefresh = domain.RefreshClaims{
		UserUUID: someUser, SessionID: someSession, Generation: 7, IssuedAt: fake.Noon, ExpiresAt: fake.Noon.Add(time.Hour),
	}
	someKey  = []byte("a secret key of the server, 36 bytes")
	otherKey = []byte("another key of a server, 33 bytes")
)

func openSome(t testing.TB, open OpenTokens) (Tokens, *fake.Clock) {
	clock := fake.NewClock()
	return open(t, TokenSetup{SecretKey: someKey, Clock: clock}), clock
}

func accessTokenReadsBack(t testing.TB, open OpenTokens) {
	tokens, _ := openSome(t, open)
	asked := someClaims
	asked.AuthTime = asked.AuthTime.Add(123_456 * time.Microsecond)
	asked.IssuedAt = asked.IssuedAt.Add(999_999 * time.Microsecond)
	asked.ExpiresAt = asked.ExpiresAt.Add(500 * time.Millisecond)
	ids := map[string]bool{}
	for range 100 {
		signed, err := tokens.SignAccess(asked)
		require.NoError(t, err)
		read, err := tokens.ParseAccess(signed)
		require.NoError(t, err)
		require.False(t, read.ID == "" || ids[read.ID], "jti %q is not new", read.ID)
		ids[read.ID] = true
		want := someClaims
		want.ID = read.ID
		require.Equal(t, want, read)
	}
}

// publishesKeys looks for the key of a token in the set: it is there unless it is a
// secret, which the algorithm of the token tells.
func publishesKeys(t testing.TB, open OpenTokens) {
	tokens, _ := openSome(t, open)
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	require.NoError(t, json.Unmarshal(tokens.KeySet(), &set))
	require.NotNil(t, set.Keys)
	kids := map[string]bool{}
	for _, k := range set.Keys {
		for _, private := range []string{"k", "d", "p", "q", "dp", "dq", "qi", "oth"} { // RFC 7518, 6
			require.NotContains(t, k, private)
		}
		for _, public := range []string{"kty", "kid", "alg"} {
			require.NotEmpty(t, k[public], public)
		}
		kids[fmt.Sprint(k["kid"], " ", k["alg"])] = true
	}
	first, _, _ := strings.Cut(accessOf.sign(t, tokens), ".")
	data, err := base64.RawURLEncoding.DecodeString(first)
	require.NoError(t, err)
	var header struct{ Kid, Alg string }
	require.NoError(t, json.Unmarshal(data, &header))
	require.NotEqual(t, strings.HasPrefix(header.Alg, "HS"), kids[header.Kid+" "+header.Alg],
		"the key of a token of %s", header.Alg)
}

// tokenKind is what the suites of both kinds do with a token.
type tokenKind struct {
	sign  func(t testing.TB, tokens Tokens) string
	parse func(tokens Tokens, text string) error
}

var accessOf = tokenKind{
	sign: func(t testing.TB, tokens Tokens) string {
		signed, err := tokens.SignAccess(someClaims)
		require.NoError(t, err)
		return signed
	},
	parse: func(tokens Tokens, text string) error {
		_, err := tokens.ParseAccess(text)
		return err
	},
}

// refusesOthers looks at tokens of others and of other times, at ours with one
// letter changed, and at what is no token.
func refusesOthers(t testing.TB, open OpenTokens, kind tokenKind) {
	tokens, clock := openSome(t, open)
	good := kind.sign(t, tokens)
	require.NoError(t, kind.parse(tokens, good), "the token that the others are held against")

	stranger := open(t, TokenSetup{SecretKey: otherKey, Clock: clock})
	refused(t, kind.parse(tokens, kind.sign(t, stranger)), "a token of another key")

	for _, other := range noTokens(good) {
		refused(t, kind.parse(tokens, other), "%.100q", other)
	}
	for i := range good {
		for _, c := range []byte{good[i] ^ 1, 'A', '.', '=', '\n', 0} {
			if c != good[i] {
				refused(t, kind.parse(tokens, good[:i]+string(rune(c))+good[i+1:]), "letter %d is %q", i, c)
			}
		}
	}

	clock.Set(fake.Noon.Add(time.Hour))
	refused(t, kind.parse(tokens, good), "an expired token")
	clock.Advance(-time.Microsecond)
	require.NoError(t, kind.parse(tokens, good), "a token in its last microsecond")
	clock.Set(fake.Noon.Add(-time.Minute))
	refused(t, kind.parse(tokens, good), "a token before its time")
}

// noTokens are texts that resemble a good token at most.
func noTokens(good string) []string {
	parts := strings.SplitN(good, ".", 3)
	return []string{
		"", " ", ".", "..", "...", "a.b.c", "null", "{}", "\x00", "ü", strings.Repeat("a", 1<<20),
		strings.Repeat(".", 1<<20), good + " ", " " + good, good + "\n", good + ".", good + "=", "Bearer " + good,
		good + good, good[1:], good[:len(good)-1], strings.ToLower(good), strings.ToUpper(good),
		parts[0] + "." + parts[1], parts[0] + "." + parts[1] + ".", parts[0] + ".." + parts[len(parts)-1],
		parts[1] + "." + parts[0] + "." + parts[len(parts)-1],
	}
}

func refusesKind(t testing.TB, open OpenTokens, kind, other tokenKind) {
	tokens, _ := openSome(t, open)
	require.NoError(t, kind.parse(tokens, kind.sign(t, tokens)))
	refused(t, kind.parse(tokens, other.sign(t, tokens)), "a token of the other kind")
}

// refused requires the fault of a token, with nothing secret in it.
func refused(t testing.TB, err error, format string, args ...any) {
	require.ErrorIs(t, err, domain.ErrTokenNotValid, append([]any{format}, args...)...)
	require.Equal(t, domain.Unauthenticated, domain.AsError(err).Kind)
}
