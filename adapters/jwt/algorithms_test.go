package jwt

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// The contracts of both kinds hold with every family of algorithms.
func TestTokens_contractByAlgorithm(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"HS512", "RS256", "ES256"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			open := func(t testing.TB, s contract.TokenSetup) contract.Tokens {
				t.Helper()
				cfg := Config{SecretKey: s.SecretKey, Issuer: "https://id.example.com"}
				signedBy(t, algorithm, string(s.SecretKey))(&cfg)
				tokens, err := New(cfg, s.Clock, &fake.Random{})
				require.NoError(t, err)
				return contract.Tokens{AccessTokens: tokens, RefreshTokens: tokens}
			}
			contract.AccessTokens(t, open)
			contract.RefreshTokens(t, open)
		})
	}
}

// The access tokens are signed as configured, the refresh tokens always by HS256;
// and another library reads them with nothing but the published keys.
func TestTokens_areReadByOthers(t *testing.T) {
	t.Parallel()
	for _, algorithm := range Algorithms() {
		x := setup(t, signedBy(t, algorithm, "one"))
		header, _ := decodeParts(t, x.access(t))
		require.JSONEq(t, fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"at+jwt"}`, algorithm, x.tokens.access.signing.id), header)
		header, _ = decodeParts(t, x.refresh(t))
		require.Contains(t, header, `"alg":"HS256"`, "a refresh token of %s", algorithm)

		var set jose.JSONWebKeySet
		require.NoError(t, json.Unmarshal(x.tokens.KeySet(), &set))
		if strings.HasPrefix(algorithm, "HS") {
			require.JSONEq(t, `{"keys":[]}`, string(x.tokens.KeySet()))
			continue
		}
		require.Len(t, set.Keys, 1)
		parsed, err := jose.ParseSignedCompact(x.access(t), []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
		require.NoError(t, err)
		published := set.Key(parsed.Signatures[0].Header.KeyID)
		require.Len(t, published, 1, algorithm)
		require.Equal(t, algorithm, published[0].Algorithm)
		require.Equal(t, "sig", published[0].Use)
		require.True(t, published[0].IsPublic())
		_, err = parsed.Verify(published[0].Key)
		require.NoError(t, err, algorithm)
	}
}

// The example of RFC 7638, 3.1.
func TestKeyID_isTheThumbprint(t *testing.T) {
	t.Parallel()
	n := "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3ok" +
		"njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu" +
		"6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8a" +
		"wapJzKnqDKgw"
	modulus, err := base64.RawURLEncoding.DecodeString(n)
	require.NoError(t, err)
	a, _ := findAlgorithm("RS256")
	k, err := publicKey(a, &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: 65537})
	require.NoError(t, err)
	require.Equal(t, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", k.id)
}

// Derived keys of two algorithms are two keys, under two names.
func TestDerivedKeys_differByAlgorithm(t *testing.T) {
	t.Parallel()
	names, secrets := map[string]bool{}, map[string]bool{}
	for _, algorithm := range []string{"HS256", "HS384", "HS512"} {
		x := setup(t, func(c *Config) { c.Algorithm = algorithm })
		a, _ := findAlgorithm(algorithm)
		k := x.tokens.access.signing
		require.Len(t, k.material(), a.hash)
		names[k.id], secrets[string(k.material().([]byte)[:32])] = true, true
	}
	require.Len(t, names, 3)
	require.Len(t, secrets, 3)
}

// A signing key is used as it is, so that another service with it verifies the tokens.
func TestSigningKey_isUsedAsItIs(t *testing.T) {
	t.Parallel()
	secret := []byte("the signing key of tests, which has 64 bytes or more of anything")
	for _, algorithm := range []string{"HS256", "HS384", "HS512"} {
		x := setup(t, func(c *Config) { c.Algorithm, c.SigningKey = algorithm, secret })
		parsed, err := jose.ParseSignedCompact(x.access(t), []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
		require.NoError(t, err)
		_, err = parsed.Verify(secret)
		require.NoError(t, err, algorithm)
		require.JSONEq(t, `{"keys":[]}`, string(x.tokens.KeySet()), "a secret was published")
		require.NotContains(t, x.tokens.access.signing.id, string(secret[:8]))
		_, err = setup(t, func(c *Config) { c.Algorithm = algorithm }).tokens.ParseAccess(x.access(t))
		require.ErrorIs(t, err, unknownKey, "the derived key is another one")
	}
}

// Publish, switch, retire: at each step all instances accept the tokens of all others.
func TestTokens_keysRotate(t *testing.T) {
	t.Parallel()
	for _, from := range Algorithms()[3:] {
		for _, to := range []string{"RS256", "RS512", "ES256", "ES512"} {
			old := setup(t, signedBy(t, from, "old"))
			published := setup(t, signedBy(t, from, "old"), reads(t, to, "new"))
			switched := setup(t, signedBy(t, to, "new"), reads(t, from, "old"))
			retired := setup(t, signedBy(t, to, "new"))
			require.NotEqual(t, string(old.tokens.KeySet()), string(published.tokens.KeySet()))
			for i, pair := range [][2]testBundle{{old, published}, {published, switched}, {switched, retired}} {
				for _, text := range []string{pair[0].access(t), pair[1].access(t)} {
					_, err := pair[1].tokens.ParseAccess(text)
					require.NoError(t, err, "from %s to %s, step %d", from, to, i)
				}
				_, err := pair[0].tokens.ParseAccess(pair[1].access(t))
				require.NoError(t, err, "from %s to %s, step %d, the other way", from, to, i)
			}
			_, err := old.tokens.ParseAccess(switched.access(t))
			require.ErrorIs(t, err, domain.ErrTokenNotValid, "what is not published is not read")
			_, err = retired.tokens.ParseAccess(old.access(t))
			require.ErrorIs(t, err, domain.ErrTokenNotValid, "what is retired is not read")
		}
	}
}

// reads changes a configuration to read the tokens of a key of tests.
func reads(t testing.TB, algorithm, name string) func(*Config) {
	t.Helper()
	return func(c *Config) {
		path := file(t, pkix(t, signer(t, algorithm, name).Public()))
		if strings.HasPrefix(algorithm, "RS") {
			path = algorithm + ":" + path
		}
		c.PublicKeyFiles = append(c.PublicKeyFiles, path)
	}
}

// Requirements 34 and 35 with public keys, which an attacker has.
func TestParseAccess_refusesConfusedAlgorithms(t *testing.T) {
	t.Parallel()
	x := setup(t, signedBy(t, "RS256", "one"), reads(t, "ES256", "two"), reads(t, "RS512", "three"))
	header, payload := decodeParts(t, x.access(t))
	own := x.tokens.access.signing
	kidOf := func(algorithm, name string) string {
		a, _ := findAlgorithm(algorithm)
		k, err := publicKey(a, signer(t, algorithm, name).Public())
		require.NoError(t, err)
		return k.id
	}
	sign := func(alg, kid string, material any) string {
		head := strings.Replace(strings.Replace(header, "RS256", alg, 1), own.id, kid, 1)
		text := encode([]byte(head)) + "." + encode([]byte(payload))
		sum, err := jwt.GetSigningMethod(alg).Sign(text, material)
		require.NoError(t, err)
		return text + "." + encode(sum)
	}
	block := pkix(t, signer(t, "RS256", "one").Public())
	text := pem.EncodeToMemory(block)
	ec := signer(t, "ES256", "two").(*ecdsa.PrivateKey)
	point, err := ec.PublicKey.Bytes()
	require.NoError(t, err)
	_, err = x.tokens.ParseAccess(sign("RS256", own.id, own.material()))
	require.NoError(t, err, "the unchanged token is accepted")
	_, err = x.tokens.ParseAccess(sign("ES256", kidOf("ES256", "two"), ec))
	require.NoError(t, err, "the key that only reads is known")
	other := signer(t, "RS256", "four")
	modulus, refresh := signer(t, "RS256", "one").Public().(*rsa.PublicKey).N.Bytes(), x.tokens.refresh.signing
	for _, row := range []badToken{
		{"HS256 by the public key, PEM", sign("HS256", own.id, text), badSignature},
		{"HS256 by the public key, PEM without a last line end", sign("HS256", own.id, bytes.TrimSpace(text)), badSignature},
		{"HS256 by the public key, DER", sign("HS256", own.id, block.Bytes), badSignature},
		{"HS256 by the modulus", sign("HS256", own.id, modulus), badSignature},
		{"HS512 by the public key", sign("HS512", own.id, text), badSignature},
		{"HS256 by a point of the curve", sign("HS256", kidOf("ES256", "two"), point), badSignature},
		{"HS256 by the key set", sign("HS256", own.id, x.tokens.KeySet()), badSignature},
		{"RS512 by the key of RS256", sign("RS512", own.id, own.material()), wrongAlgorithm},
		{"RS256 by the key of RS512", sign("RS256", kidOf("RS512", "three"), signer(t, "RS512", "three")), wrongAlgorithm},
		{"RS384, which no key has", sign("RS384", own.id, own.material()), badSignature},
		{"PS256 by the right key", sign("PS256", own.id, own.material()), badSignature},
		{"the kid of another algorithm", sign("RS256", kidOf("ES256", "two"), own.material()), wrongAlgorithm},
		{"the kid of another key", sign("RS256", kidOf("RS256", "one"), other), badSignature},
		{"the kid of an unknown key", sign("RS256", kidOf("RS256", "four"), other), unknownKey},
		{"ES256 under the kid of RS256", sign("ES256", own.id, ec), wrongAlgorithm},
		{"a secret of the refresh tokens", sign("HS256", refresh.id, refresh.material()), badSignature},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := x.tokens.ParseAccess(row.text)
			require.ErrorIs(t, err, domain.ErrTokenNotValid)
			require.Equal(t, row.why, errors.Unwrap(err))
		})
	}
}

// A key that a token brings along is not even looked at (requirement 35).
func TestParseAccess_takesNoKeyFromAToken(t *testing.T) {
	t.Parallel()
	x := setup(t, signedBy(t, "ES256", "one"))
	header, payload := decodeParts(t, x.access(t))
	attacker := signer(t, "ES256", "attacker")
	jwk, err := json.Marshal(
		jose.JSONWebKey{Key: attacker.Public(), KeyID: x.tokens.access.signing.id, Algorithm: "ES256", Use: "sig"},
	)
	require.NoError(t, err)
	for _, member := range []string{
		`"jwk":` + string(jwk), `"jku":"https://evil.example/jwks.json"`, `"x5u":"https://evil.example/x.pem"`,
		`"x5c":["` + base64.StdEncoding.EncodeToString(pkix(t, attacker.Public()).Bytes) + `"]`,
	} {
		head := strings.Replace(header, `"alg"`, member+`,"alg"`, 1)
		text := encode([]byte(head)) + "." + encode([]byte(payload))
		sum, err := jwt.SigningMethodES256.Sign(text, attacker)
		require.NoError(t, err)
		_, err = x.tokens.ParseAccess(text + "." + encode(sum))
		require.Equal(t, badSignature, errors.Unwrap(err), member)
	}
}

// A signature of EC keys has one form (requirement 40): the half that is as good to
// mathematics, and DER, are other texts, and revocation keys on none of them.
func TestParseAccess_formsOfECSignatures(t *testing.T) {
	t.Parallel()
	x := setup(t, signedBy(t, "ES256", "one"))
	text := x.access(t)
	cut := strings.LastIndexByte(text, '.') + 1
	signature, err := base64.RawURLEncoding.DecodeString(text[cut:])
	require.NoError(t, err)
	require.Len(t, signature, 64)
	for name, other := range map[string][]byte{
		"short": signature[:63], "long": append(bytes.Clone(signature), 0), "null": make([]byte, 64),
		"r alone": append(bytes.Clone(signature[:32]), make([]byte, 32)...),
	} {
		_, err := x.tokens.ParseAccess(text[:cut] + encode(other))
		require.Equal(t, badSignature, errors.Unwrap(err), name)
	}
}
