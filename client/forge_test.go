package client

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	someIssuer = "https://login.example.com"
	someUser   = "019cec25-e600-7000-8000-000000000001"
	someSign   = "019cec25-e600-7000-8000-000000000002"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// clock stands still until it is turned.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time          { return noon.Add(time.Duration(c.offset.Load())) }
func (c *clock) forward(d time.Duration) { c.offset.Add(int64(d)) }

// doorcode publishes keys as the real one does, and counts requests.
type doorcode struct {
	*httptest.Server
	fetches atomic.Int64

	mu     sync.Mutex
	answer http.HandlerFunc
}

func newDoorcode(t testing.TB, keys ...string) *doorcode {
	t.Helper()
	d := &doorcode{}
	d.publish(keys...)
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.fetches.Add(1)
		d.mu.Lock()
		answer := d.answer
		d.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(d.Close)
	return d
}

// publish makes doorcode answer with these keys.
func (d *doorcode) publish(keys ...string) {
	d.behave(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "public, max-age=300")
		fmt.Fprintf(w, `{"keys":[%s]}`, strings.Join(keys, ","))
	})
}

func (d *doorcode) behave(answer http.HandlerFunc) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = answer
}

func (d *doorcode) wantFetches(t testing.TB, want int64) {
	t.Helper()
	if got := d.fetches.Load(); got != want {
		t.Fatalf("doorcode was asked %d times, want %d", got, want)
	}
}

// keyPair is a key that signs, and how it is published.
type keyPair struct {
	kid    string
	method jwt.SigningMethod
	signer crypto.Signer
	jwk    string
	extra  object // members of the header of its tokens
}

// ecKey makes a key on the curve of an algorithm.
func ecKey(t testing.TB, kid, alg string) keyPair {
	t.Helper()
	i := slices.IndexFunc(algorithms(), func(a algorithm) bool { return a.name == alg })
	a := algorithms()[i]
	private, err := ecdsa.GenerateKey(a.curve, rand.Reader)
	check(t, err)
	point, err := private.PublicKey.Bytes()
	check(t, err)
	half := len(point) / 2
	published := fmt.Sprintf(`{"use":"sig","kty":"EC","kid":%q,"crv":%q,"alg":%q,"x":%q,"y":%q}`,
		kid, a.crv, alg, encode(point[1:1+half]), encode(point[1+half:]))
	return keyPair{kid: kid, method: jwt.GetSigningMethod(alg), signer: private, jwk: published}
}

// rsaKeys makes each length but once: it takes long.
var rsaKeys sync.Map

func rsaKey(t testing.TB, kid, alg string, bits int) keyPair {
	t.Helper()
	made, _ := rsaKeys.LoadOrStore(
		bits, sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, bits) }),
	)
	private, err := made.(func() (*rsa.PrivateKey, error))()
	check(t, err)
	published := fmt.Sprintf(`{"use":"sig","kty":"RSA","kid":%q,"alg":%q,"n":%q,"e":%q}`,
		kid, alg, encode(private.N.Bytes()), encode(big.NewInt(int64(private.E)).Bytes()))
	return keyPair{kid: kid, method: jwt.GetSigningMethod(alg), signer: private, jwk: published}
}

// seal puts the right signature under two parts of a token, however they are written.
func (k keyPair) seal(t testing.TB, text string) string {
	t.Helper()
	signature, err := k.method.Sign(text, k.signer)
	check(t, err)
	return text + "." + encode(signature)
}

// member is a name and a value of an object, as it is written.
type member struct{ name, value string }

type object []member

// set gives a member another value; "" takes it out.
func (o object) set(name, value string) object {
	o = slices.Clone(o)
	i := slices.IndexFunc(o, func(m member) bool { return m.name == name })
	switch {
	case value == "":
		return slices.Delete(o, i, i+1)
	case i < 0:
		return append(o, member{name, value})
	}
	o[i].value = value
	return o
}

// first puts a member before all others, whether its name is there already or not.
func (o object) first(name, value string) object { return append(object{{name, value}}, o...) }

func (o object) String() string {
	parts := make([]string, len(o))
	for i, m := range o {
		parts[i] = fmt.Sprintf(`"%s":%s`, m.name, m.value)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// forge signs valid and invalid tokens with the key that doorcode publishes.
type forge struct {
	t        testing.TB
	key      keyPair
	header   object
	payload  object
	doorcode *doorcode
	clock    *clock
	verifier *Verifier
}

func newForge(t testing.TB) *forge { return newForgeOf(t, ecKey(t, "one", "ES256")) }

func newForgeOf(t testing.TB, k keyPair, change ...func(*Config)) *forge {
	t.Helper()
	f := &forge{t: t, key: k, header: headerOf(k), doorcode: newDoorcode(t, k.jwk), clock: &clock{}}
	cfg := Config{
		Issuer: someIssuer, Audience: "https://api.example.com", KeysURL: f.doorcode.URL, Now: f.clock.now,
		Logger: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&cfg)
	}
	verifier, err := New(cfg)
	check(t, err)
	f.verifier = verifier
	f.payload = object{
		{"sub", quote(someUser)},
		{"user_id", "42"},
		{"sid", quote(someSign)},
		{"token_type", `"access"`},
		{"jti", `"019cec25-e600-7000-8000-000000000003"`},
		{"iat", f.at(0)},
		{"exp", f.at(time.Hour)},
		{"auth_time", f.at(-time.Minute)},
		{"amr", `["otp","email"]`},
		{"iss", quote(someIssuer)},
		{"aud", `"https://api.example.com"`},
	}
	return f
}

func headerOf(k keyPair) object {
	return append(object{{"alg", quote(k.method.Alg())}, {"kid", quote(k.kid)}, {"typ", `"at+jwt"`}}, k.extra...)
}

// at is a time from now on, in seconds since 1970.
func (f *forge) at(d time.Duration) string { return fmt.Sprint(f.clock.now().Add(d).Unix()) }

// good is a valid token.
func (f *forge) good() string { return f.token(f.header, f.payload) }

// token is one of this header and these claims, rightly signed.
func (f *forge) token(header, payload object) string { return f.raw(header.String(), payload.String()) }

func (f *forge) raw(header, payload string) string {
	return f.key.seal(f.t, encode([]byte(header))+"."+encode([]byte(payload)))
}

// claim is a token with another value of a claim; "" takes it out.
func (f *forge) claim(name, value string) string {
	return f.token(f.header, f.payload.set(name, value))
}

// head is a token with another value in its header.
func (f *forge) head(name, value string) string { return f.token(f.header.set(name, value), f.payload) }

// of is a valid token of another key.
func (f *forge) of(k keyPair) string {
	other := *f
	other.key, other.header = k, headerOf(k)
	return other.good()
}

func (f *forge) verify(token string) error {
	_, err := f.verifier.Verify(f.t.Context(), token)
	return err
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func quote(text string) string {
	data, _ := json.Marshal(text)
	return string(data)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
