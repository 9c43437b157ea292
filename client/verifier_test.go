package client

import (
	"crypto/rsa"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestVerify_returnsTheClaims(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	got, err := f.verifier.Verify(t.Context(), f.good())
	check(t, err)
	want := Claims{
		Subject:   someUser,
		UserID:    "42",
		SessionID: someSign,
		ID:        "019cec25-e600-7000-8000-000000000003",
		AMR:       []string{"otp", "email"},
		AuthTime:  noon.Add(-time.Minute),
		IssuedAt:  noon,
		ExpiresAt: noon.Add(time.Hour),
		Issuer:    someIssuer,
		Audience:  []string{"https://api.example.com"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestVerify_acceptsEveryAlgorithm(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithmNames() {
		k := rsaKeyOrEC(t, "one", alg)
		f := newForgeOf(t, k)
		if err := f.verify(f.good()); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		// Where a key has one algorithm, no other of its family will do.
		if _, isRSA := k.signer.Public().(*rsa.PublicKey); isRSA {
			other := map[string]string{"RS256": "RS384", "RS384": "RS512", "RS512": "RS256"}[alg]
			if err := f.verify(f.of(rsaKey(t, "one", other, 2048))); err != ErrWrongAlgorithm {
				t.Errorf("a token of %s by a key of %s: got %v, want %v", other, alg, err, ErrWrongAlgorithm)
			}
		}
	}
}

func rsaKeyOrEC(t testing.TB, kid, alg string) keyPair {
	t.Helper()
	if strings.HasPrefix(alg, "RS") {
		return rsaKey(t, kid, alg, 2048)
	}
	return ecKey(t, kid, alg)
}

// Unknown claims and other spellings of JSON are accepted.
func TestVerify_accepts(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	for name, text := range map[string]string{
		"an unknown claim":           f.claim("tenant", `{"id":[1,{"a":"}"}]}`),
		"names that only look alike": f.token(f.header, f.payload.set("SUB", `"x"`).set("Exp", "1")),
		"spaces in the JSON": f.raw(
			strings.ReplaceAll(f.header.String(), ":", " : "), " "+strings.ReplaceAll(f.payload.String(), `,"`, ",\n\t\"")+" ",
		),
		"an aud among others":       f.claim("aud", `["https://b.example","https://api.example.com"]`),
		"an escape in a value":      f.claim("iss", `"https:\/\/login.example\u002ecom"`),
		"the uuid as the user id":   f.claim("user_id", quote(someUser)),
		"iat in 5 s":                f.claim("iat", f.at(5*time.Second)),
		"nbf in 5 s":                f.claim("nbf", f.at(5*time.Second)),
		"auth_time in 5 s":          f.claim("auth_time", f.at(5*time.Second)),
		"exp in a second":           f.claim("exp", f.at(time.Second)),
		"a URL to fetch a key from": f.head("jku", `"https://evil.example/keys"`),
		"a certificate to take it of": f.token(
			f.header.set("x5u", `"https://evil.example"`).set("x5c", `["MIIB"]`), f.payload,
		),
		"a key that it brings with it": f.head("jwk", ecKey(t, "one", "ES256").jwk),
	} {
		if err := f.verify(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	f.doorcode.wantFetches(t, 1)
}

func TestVerify_leewayIsForExpAlone(t *testing.T) {
	t.Parallel()
	f := newForgeOf(t, ecKey(t, "one", "ES256"), func(c *Config) { c.Leeway = time.Minute })
	soon, text := f.at(6*time.Second), f.good()
	for _, name := range []string{"iat", "nbf", "auth_time"} {
		if err := f.verify(f.claim(name, soon)); err != ErrFromFuture {
			t.Errorf("%s in 6 s: got %v, want %v", name, err, ErrFromFuture)
		}
	}
	f.clock.forward(time.Hour + 59*time.Second)
	check(t, f.verify(text))
	f.clock.forward(time.Second)
	if err := f.verify(text); err != ErrExpired {
		t.Errorf("after exp and the leeway: got %v, want %v", err, ErrExpired)
	}
}

func TestVerify_readsClaimsByOtherNames(t *testing.T) {
	t.Parallel()
	f := newForgeOf(
		t, ecKey(t, "one", "ES256"), func(c *Config) { c.Claims = ClaimNames{UserID: "uid", TokenType: "kind", ID: "tid"} },
	)
	if err := f.verify(f.good()); err != ErrWrongType {
		t.Errorf("the usual names: got %v, want %v", err, ErrWrongType)
	}
	text := f.token(f.header, f.payload.set("user_id", "").set("token_type", "").set("jti", "").
		set("uid", "7").set("kind", `"access"`).set("tid", `"t"`))
	got, err := f.verifier.Verify(t.Context(), text)
	check(t, err)
	if got.UserID != "7" || got.ID != "t" {
		t.Errorf("got %q and %q, want 7 and t", got.UserID, got.ID)
	}
}

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"no issuer":                    {},
		"no issuer but a URL":          {KeysURL: "https://login.example.com/keys"},
		"an issuer that is no URL":     {Issuer: "login.example.com"},
		"a URL without a host":         {Issuer: someIssuer, KeysURL: "https:///keys"},
		"a URL of a file":              {Issuer: someIssuer, KeysURL: "file:///keys"},
		"a URL with a password":        {Issuer: someIssuer, KeysURL: "https://a:secret@login.example.com"},
		"a leeway that never ends":     {Issuer: someIssuer, Leeway: 5*time.Minute + 1},
		"a leeway that ends beforeexp": {Issuer: someIssuer, Leeway: -1},
	} {
		_, err := New(cfg)
		if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "set it to") {
			t.Errorf("%s: got %v, want a mistake with its cure", name, err)
		}
	}
}

func TestNew_fillsIn(t *testing.T) {
	t.Parallel()
	v, err := New(Config{Issuer: someIssuer + "/"})
	check(t, err)
	if got, want := v.cfg.KeysURL, someIssuer+"/.well-known/jwks.json"; got != want {
		t.Errorf("KeysURL: got %s, want %s", got, want)
	}
	if got, want := v.cfg.Audience, someIssuer+"/"; got != want {
		t.Errorf("Audience: got %s, want %s", got, want)
	}
	// An issuer need not be a URL when the keys have one.
	_, err = New(Config{Issuer: "doorcode", KeysURL: "http://doorcode:8000/.well-known/jwks.json"})
	check(t, err)
}

func TestError_sortsTheReasons(t *testing.T) {
	t.Parallel()
	if !errors.Is(ErrExpired, ErrInvalidToken) || !errors.Is(ErrInvalidToken, ErrInvalidToken) ||
		!errors.Is(ErrExpired, ErrExpired) {
		t.Error("an expired token is not an invalid one")
	}
	if errors.Is(ErrExpired, ErrTampered) || errors.Is(ErrNoToken, ErrInvalidToken) ||
		errors.Is(&unavailableError{errNoKeys}, ErrInvalidToken) {
		t.Error("a reason is another one")
	}
	if err := error(&unavailableError{errNoKeys}); !errors.Is(err, ErrKeysUnavailable) || !errors.Is(err, errNoKeys) {
		t.Error("unavailable keys are not that")
	}
}
