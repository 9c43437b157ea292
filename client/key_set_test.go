package client

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A key that cannot be used is left out; the one beside it is used.
func TestReadKeySet_leavesOut(t *testing.T) {
	t.Parallel()
	beside := ecKey(t, "beside", "ES256")
	all := badKeys(t)
	maps.Copy(all, badRSAKeys(t))
	if len(all) < 40 {
		t.Errorf("%d rows, want 40", len(all))
	}
	for name, bad := range all {
		keys, err := readKeySet([]byte(`{"keys":[` + bad + `,` + beside.jwk + `]}`))
		if err != nil || len(keys) != 1 || keys["beside"].public == nil {
			t.Errorf("%s, and one beside: got %v and %v, want the one beside", name, keys, err)
		}
		if keys, err = readKeySet([]byte(`{"keys":[` + bad + `]}`)); err == nil || errors.Is(err, errNoKeys) {
			t.Errorf("%s: got %v and %v, want an error with the reason", name, keys, err)
		}
	}
}

// change is a published key with another piece in it.
func change(t *testing.T, jwk, old, replacement string) string {
	t.Helper()
	if !strings.Contains(jwk, old) {
		t.Fatalf("%s is not in %s", old, jwk)
	}
	return strings.Replace(jwk, old, replacement, 1)
}

func badKeys(t *testing.T) map[string]string {
	t.Helper()
	k := ecKey(t, "bad", "ES256")
	change := func(jwk, old, replacement string) string { return change(t, jwk, old, replacement) }
	point, err := k.signer.(*ecdsa.PrivateKey).PublicKey.Bytes()
	check(t, err)
	x, y := encode(point[1:33]), encode(point[33:])
	return map[string]string{
		"garbage":                 `"garbage"`,
		"null":                    `null`,
		"an empty object":         `{}`,
		"kty is a number":         change(k.jwk, `"EC"`, "1"),
		"a secret":                `{"use":"sig","kty":"oct","kid":"bad","alg":"HS256","k":"c2VjcmV0"}`,
		"a secret without itself": `{"use":"sig","kty":"oct","kid":"bad","alg":"HS256"}`,
		"an Ed25519 key": `{"use":"sig","kty":"OKP","kid":"bad","alg":"EdDSA","crv":"Ed25519",` +
			`"x":"` + x + `"}`,
		"no alg":                           change(k.jwk, `"alg":"ES256",`, ""),
		"alg none":                         change(k.jwk, `"ES256"`, `"none"`),
		"no kid":                           change(k.jwk, `"kid":"bad",`, ""),
		"a huge kid":                       change(k.jwk, `"bad"`, quote(strings.Repeat("k", maxKeyID+1))),
		"no use":                           change(k.jwk, `"use":"sig",`, ""),
		"use enc":                          change(k.jwk, `"sig"`, `"enc"`),
		"another curve than that of alg":   change(k.jwk, `"ES256"`, `"ES384"`),
		"another curve, and its name":      change(change(k.jwk, `"ES256"`, `"ES384"`), "P-256", "P-384"),
		"the name of another curve":        change(k.jwk, "P-256", "P-521"),
		"no curve":                         change(k.jwk, `"crv":"P-256",`, ""),
		"RS256 with an EC key":             change(k.jwk, `"ES256"`, `"RS256"`),
		"a point that is not on the curve": change(k.jwk, y, x),
		"the point at infinity":            change(change(k.jwk, x, encode(make([]byte, 32))), y, encode(make([]byte, 32))),
		"a coordinate that is too short":   change(k.jwk, x, encode(point[1:32])),
		"a coordinate that is too long":    change(k.jwk, x, encode(append([]byte{0}, point[1:33]...))),
		"a byte of one in the other":       change(change(k.jwk, x, encode(point[1:34])), y, encode(point[34:])),
		"a coordinate with padding":        change(k.jwk, x, x+"="),
		"the secret of an EC key":          change(k.jwk, `"kty"`, `"d":"AQAB","kty"`),
	}
}

func badRSAKeys(t *testing.T) map[string]string {
	t.Helper()
	k, weak := rsaKey(t, "bad", "RS256", 2048), rsaKey(t, "bad", "RS256", 1024)
	change := func(jwk, old, replacement string) string { return change(t, jwk, old, replacement) }
	modulus := k.signer.(*rsa.PrivateKey).N
	n, e := encode(modulus.Bytes()), `"e":"AQAB"`
	long := new(big.Int).SetBit(new(big.Int).Lsh(big.NewInt(1), maxModulus), 0, 1)
	even := new(big.Int).Sub(modulus, big.NewInt(1))
	bad := map[string]string{
		"PS256":                                change(k.jwk, `"RS256"`, `"PS256"`),
		"ES256 with an RSA key":                change(k.jwk, `"RS256"`, `"ES256"`),
		"an RSA key of 1024 bits":              weak.jwk,
		"an RSA key longer than is reasonable": change(k.jwk, n, encode(long.Bytes())),
		"an even modulus":                      change(k.jwk, n, encode(even.Bytes())),
		"the fingerprint of ROCA":              change(k.jwk, n, encode(rocaModulus().Bytes())),
		"no modulus":                           change(k.jwk, n, ""),
		"exponent 1":                           change(k.jwk, e, `"e":"AQ"`),
		"an even exponent":                     change(k.jwk, e, `"e":"AQAA"`),
		"a huge exponent":                      change(k.jwk, e, fmt.Sprintf(`"e":%q`, n)),
		"an exponent of 34 bits":               change(k.jwk, e, `"e":"AgAAAAE"`),
		"no exponent":                          change(k.jwk, ","+e, ""),
	}
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi"} {
		bad["a part of an RSA key that is secret: "+name] = change(k.jwk, `"kty"`, `"`+name+`":"AQAB","kty"`)
	}
	return bad
}

// Two keys with one kid are ambiguous: both are ignored.
// rocaModulus is an odd number of 2048 bits that was made as the weak primes of
// CVE-2017-15361 were: k*M + (65537^a mod M).
func rocaModulus() *big.Int {
	m := big.NewInt(1)
	for _, prime := range rocaPrimes {
		m.Mul(m, big.NewInt(prime))
	}
	modulus := new(big.Int).Exp(big.NewInt(65537), big.NewInt(12345), m)
	k := new(big.Int).Lsh(big.NewInt(1), uint(2048-m.BitLen()))
	modulus.Add(modulus, k.Mul(k, m))
	if modulus.Bit(0) == 0 {
		modulus.Add(modulus, m)
	}
	return modulus
}

func TestReadKeySet_kidTwice(t *testing.T) {
	t.Parallel()
	a, b, c, beside := ecKey(t, "a", "ES256"), ecKey(t, "a", "ES256"), ecKey(t, "a", "ES384"), ecKey(t, "b", "ES256")
	keys, err := readKeySet([]byte(`{"keys":[` + strings.Join([]string{a.jwk, b.jwk, beside.jwk, c.jwk}, ",") + `]}`))
	check(t, err)
	if _, there := keys["a"]; there || len(keys) != 1 {
		t.Errorf("got %v, want b alone", keys)
	}
}

// What doorcode, or whatever stands where it should, can answer instead of keys.
func TestVerify_withoutKeys(t *testing.T) {
	t.Parallel()
	crowd := make([]string, maxKeys+1)
	for i := range crowd {
		crowd[i] = ecKey(t, fmt.Sprint("k", i), "ES256").jwk
	}
	for name, answer := range map[string]http.HandlerFunc{
		"HTML":            text(200, "<!doctype html><title>Welcome</title>"),
		"nothing":         text(200, ""),
		"null":            text(200, "null"),
		"an object":       text(200, "{}"),
		"keys null":       text(200, `{"keys":null}`),
		"keys an object":  text(200, `{"keys":{}}`),
		"half an answer":  text(200, `{"keys":[{"kty":"EC"`),
		"two answers":     text(200, `{"keys":[]}{"keys":[]}`),
		"garbage":         text(200, `{"keys":["garbage"]}`),
		"no keys":         text(200, `{"keys":[]}`),
		"too many keys":   text(200, `{"keys":[`+strings.Join(crowd, ",")+`]}`),
		"500":             text(500, `{"keys":[]}`),
		"404":             text(404, "not found"),
		"204":             text(204, ""),
		"a huge answer":   text(200, `{"keys":[], "x":"`+strings.Repeat("x", maxAnswer)+`"}`),
		"an endless one":  endless,
		"silence":         silent,
		"a slow answer":   slow,
		"a broken answer": broken,
		"a redirect away": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/keys", http.StatusFound)
		},
		"a redirect to it": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/keys", http.StatusPermanentRedirect)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newForge(t)
			f.doorcode.behave(answer)
			token := f.good()
			err := f.verify(token)
			if !errors.Is(err, ErrKeysUnavailable) || errors.Is(err, ErrInvalidToken) {
				t.Fatalf("got %v, want %v", err, ErrKeysUnavailable)
			}
			if strings.Contains(err.Error(), token) || len(err.Error()) > 400 {
				t.Errorf("the error quotes a secret: %v", err)
			}
			f.doorcode.publish(f.key.jwk)
			f.clock.forward(retryInterval)
			check(t, f.verify(token))
			f.doorcode.wantFetches(t, 2)
		})
	}
}

// The timeout of HTTPClient ends a fetch.
func TestVerify_leavesWhoHangs(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{"silence": silent, "half an answer": slow} {
		f := newForgeOf(
			t, ecKey(t, "one", "ES256"), func(c *Config) { c.HTTPClient = &http.Client{Timeout: 50 * time.Millisecond} },
		)
		f.doorcode.behave(answer)
		begun := time.Now()
		if err := f.verify(f.good()); !errors.Is(err, ErrKeysUnavailable) || time.Since(begun) >= fetchTimeout {
			t.Errorf("%s: got %v after %s, want %v at once", name, err, time.Since(begun), ErrKeysUnavailable)
		}
	}
}

func text(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func endless(w http.ResponseWriter, _ *http.Request) {
	for line := []byte(strings.Repeat("x", 1<<10)); ; {
		if _, err := w.Write(line); err != nil {
			return
		}
	}
}

func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func slow(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write([]byte(`{"keys":[`))
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func broken(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte(`{"keys":[`))
}

// An answer is read to its bound, and not used when it goes on.
func TestVerify_boundsTheAnswer(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	padded := func(size int) string { return fmt.Sprintf("%-*s", size, `{"keys":[`+f.key.jwk+`]}`) }
	for name, answer := range map[string]http.HandlerFunc{
		"a byte too many": text(200, padded(maxAnswer+1)), "no end": endless,
	} {
		f.doorcode.behave(answer)
		if err := f.verifier.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "longer than 262144 bytes") {
			t.Errorf("%s: got %v, want that it is too long", name, err)
		}
	}
	f.doorcode.behave(text(200, padded(maxAnswer)))
	check(t, f.verifier.Refresh(t.Context()))
	check(t, f.verify(f.good()))
}

// HMAC has no keys to publish: the error names the cure.
func TestRefresh_namesTheCure(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	check(t, f.verifier.Refresh(t.Context()))
	check(t, f.verify(f.good()))
	f.doorcode.publish()
	err := f.verifier.Refresh(t.Context())
	if !errors.Is(err, ErrKeysUnavailable) || !strings.Contains(err.Error(), "jwt.algorithm to ES256 or RS256") {
		t.Errorf("got %v, want the cure", err)
	}
	// An empty key set removes the old keys.
	if err := f.verify(f.good()); !errors.Is(err, ErrKeysUnavailable) {
		t.Errorf("a key that was withdrawn: got %v, want %v", err, ErrKeysUnavailable)
	}
}
