package client

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

type badToken struct {
	name string
	text string
	why  error
}

func (f *forge) badTokens() (all []badToken) {
	for _, table := range [][]badToken{
		f.badSignatures(), f.badHeaders(), f.badKinds(), f.badTimes(), f.badPersons(), f.badParties(), f.badForms(),
	} {
		all = append(all, table...)
	}
	return all
}

func TestVerify_refuses(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	check(t, f.verify(f.good()))
	rows := f.badTokens()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			claims, err := f.verifier.Verify(t.Context(), row.text)
			if err != row.why || !errors.Is(err, ErrInvalidToken) {
				t.Errorf("got %v, want %v: %s", err, row.why, row.text)
			}
			if claims.Subject != "" {
				t.Errorf("claims of a token that is refused: %+v", claims)
			}
		})
	}
	if len(rows) < 100 {
		t.Errorf("%d rows, want 100", len(rows))
	}
	check(t, f.verify(f.good()))
}

// Signatures and algorithms.
func (f *forge) badSignatures() []badToken {
	text := f.good()
	body, signature := text[:strings.LastIndexByte(text, '.')], text[strings.LastIndexByte(text, '.')+1:]
	other := f.claim("sub", quote(someSign))
	attacker, cousin := ecKey(f.t, "one", "ES256"), ecKey(f.t, "one", "ES384")
	rsa := rsaKey(f.t, "one", "RS256", 2048)
	none := encode([]byte(f.header.set("alg", `"none"`).String())) + "." + encode([]byte(f.payload.String()))
	expired := f.payload.set("iat", f.at(-2*time.Hour)).set("exp", f.at(-time.Hour)).String()
	letter := "A"
	if signature[10:11] == letter {
		letter = "B"
	}
	public, err := x509.MarshalPKIXPublicKey(f.key.signer.Public())
	check(f.t, err)
	confused := encode([]byte(f.header.set("alg", `"HS256"`).String())) + "." + encode([]byte(f.payload.String()))
	mac := hmac.New(sha256.New, public)
	mac.Write([]byte(confused))
	return []badToken{
		{"alg none, without a signature", none + ".", ErrWrongAlgorithm},
		{"alg none, with the signature of a valid token", none + "." + signature, ErrWrongAlgorithm},
		{"alg None, rightly signed", f.head("alg", `"None"`), ErrWrongAlgorithm},
		{"no alg", f.head("alg", ""), ErrWrongAlgorithm},
		{"alg in lower case", f.head("alg", `"es256"`), ErrWrongAlgorithm},
		{"alg is a list", f.head("alg", `["ES256"]`), ErrMalformed},
		{"HS256 with the public key as the secret", confused + "." + encode(mac.Sum(nil)), ErrWrongAlgorithm},
		{"PS256", f.head("alg", `"PS256"`), ErrWrongAlgorithm},
		{"EdDSA", f.head("alg", `"EdDSA"`), ErrWrongAlgorithm},
		{"alg ES384, signed with ES256", f.head("alg", `"ES384"`), ErrWrongAlgorithm},
		{"ES384, of another key with this kid", f.of(cousin), ErrWrongAlgorithm},
		{"RS256, of another key with this kid", f.of(rsa), ErrWrongAlgorithm},
		{"ES256, of another key with this kid", f.of(attacker), ErrTampered},
		{"an unknown kid", f.of(ecKey(f.t, "two", "ES256")), ErrUnknownKey},
		{"no kid", f.head("kid", ""), ErrUnknownKey},
		{"an empty kid", f.head("kid", `""`), ErrUnknownKey},
		{"kid is a number", f.head("kid", "1"), ErrMalformed},
		{"kid is a path", f.head("kid", `"../../etc/passwd"`), ErrUnknownKey},
		{"a huge kid", f.head("kid", quote(strings.Repeat("k", maxKeyID+1))), ErrUnknownKey},
		{"jwk with the key of the attacker", f.of(attacker.with("jwk", attacker.jwk)), ErrTampered},
		{"no signature", body + ".", ErrTampered},
		{"the signature of another token", body + other[strings.LastIndexByte(other, '.'):], ErrTampered},
		{"a signature with another letter", body + "." + signature[:10] + letter + signature[11:], ErrTampered},
		{"a signature that is cut", body + "." + signature[:80], ErrTampered},
		{"a signature of zeros", body + "." + encode(make([]byte, 64)), ErrTampered},
		{"a signature in ASN.1", body + "." + encode(append([]byte{0x30, 0x44, 2, 32}, make([]byte, 66)...)), ErrTampered},
		{
			"claims of another token",
			strings.Split(body, ".")[0] + "." + strings.Split(other, ".")[1] + "." + signature,
			ErrTampered,
		},
		{
			"expired and tampered with",
			encode([]byte(f.header.String())) + "." + encode([]byte(expired)) + "." + signature,
			ErrTampered,
		},
	}
}

func (f *forge) badHeaders() []badToken {
	return []badToken{
		{"crit", f.head("crit", `["exp"]`), ErrCriticalHeader},
		{"an empty crit", f.head("crit", `[]`), ErrCriticalHeader},
		{"crit null", f.head("crit", `null`), ErrCriticalHeader},
		{"b64 false, critical", f.token(f.header.set("b64", "false").set("crit", `["b64"]`), f.payload), ErrCriticalHeader},
		{"alg twice", f.token(f.header.first("alg", `"none"`), f.payload), ErrMalformed},
		{"kid twice", f.token(f.header.first("kid", `"two"`), f.payload), ErrMalformed},
		{"typ twice", f.token(f.header.first("typ", `"at+jwt"`), f.payload), ErrMalformed},
		{"typ twice, once with an escape", f.token(f.header.first(`\u0074yp`, `"at+jwt"`), f.payload), ErrMalformed},
		{"a header that is null", f.raw("null", f.payload.String()), ErrMalformed},
		{"a header that is a list", f.raw("["+f.header.String()+"]", f.payload.String()), ErrMalformed},
		{"a header that is empty", f.raw("", f.payload.String()), ErrMalformed},
		{"a header with bytes after it", f.raw(f.header.String()+"{}", f.payload.String()), ErrMalformed},
		{"a header without its end", f.raw(f.header.String()[:20], f.payload.String()), ErrMalformed},
		{"a typ that is not UTF-8", f.head("typ", "\"at+jwt\xff\""), ErrMalformed},
	}
}

// Kinds of token exclude each other: typ and token_type, each on its own.
func (f *forge) badKinds() []badToken {
	refresh := f.payload.set("token_type", `"refresh"`)
	return []badToken{
		{"a refresh token under this key", f.token(f.header.set("typ", `"rt+jwt"`), refresh), ErrWrongType},
		{"only its typ is of a refresh token", f.head("typ", `"rt+jwt"`), ErrWrongType},
		{"only its token_type is of a refresh token", f.token(f.header, refresh), ErrWrongType},
		{"typ JWT", f.head("typ", `"JWT"`), ErrWrongType},
		{"typ in upper case", f.head("typ", `"AT+JWT"`), ErrWrongType},
		{"typ as a media type", f.head("typ", `"application/at+jwt"`), ErrWrongType},
		{"typ is a list", f.head("typ", `["at+jwt"]`), ErrMalformed},
		{"no typ", f.head("typ", ""), ErrWrongType},
		{"no token_type", f.claim("token_type", ""), ErrWrongType},
		{"token_type null", f.claim("token_type", "null"), ErrMalformed},
		{"token_type in upper case", f.claim("token_type", `"Access"`), ErrWrongType},
	}
}

func (f *forge) badTimes() []badToken {
	between := func(iat, exp time.Duration) string {
		return f.token(f.header, f.payload.set("iat", f.at(iat)).set("exp", f.at(exp)))
	}
	return []badToken{
		{"expired an hour ago", between(-2*time.Hour, -time.Hour), ErrExpired},
		{"expired this second", between(-time.Hour, 0), ErrExpired},
		{"no exp", f.claim("exp", ""), ErrIncomplete},
		{"exp null", f.claim("exp", "null"), ErrMalformed},
		{"exp 0", f.claim("exp", "0"), ErrIncomplete},
		{"exp negative", f.claim("exp", "-1"), ErrIncomplete},
		{"exp is a string", f.claim("exp", quote(f.at(time.Hour))), ErrMalformed},
		{"exp with a fraction", f.claim("exp", f.at(time.Hour)+".5"), ErrMalformed},
		{"exp with an exponent", f.claim("exp", "1e300"), ErrMalformed},
		{"exp beyond all time", f.claim("exp", "9223372036854775807"), ErrIncomplete},
		{"exp beyond all numbers", f.claim("exp", "92233720368547758070"), ErrMalformed},
		{"exp twice", f.token(f.header, f.payload.first("exp", f.at(time.Hour))), ErrMalformed},
		{"exp before iat", between(2*time.Second, time.Second), ErrIncomplete},
		{"no iat", f.claim("iat", ""), ErrIncomplete},
		{"iat in 6 s", f.claim("iat", f.at(6*time.Second)), ErrFromFuture},
		{"iat in milliseconds", f.claim("iat", f.at(0)+"000"), ErrIncomplete},
		{"nbf in 6 s", f.claim("nbf", f.at(6*time.Second)), ErrFromFuture},
		{"nbf is a string", f.claim("nbf", `"now"`), ErrMalformed},
		{"no auth_time", f.claim("auth_time", ""), ErrIncomplete},
		{"auth_time in 6 s", f.claim("auth_time", f.at(6*time.Second)), ErrFromFuture},
	}
}

func (f *forge) badPersons() []badToken {
	return []badToken{
		{"no sub", f.claim("sub", ""), ErrIncomplete},
		{"an empty sub", f.claim("sub", `""`), ErrIncomplete},
		{"sub is a number", f.claim("sub", "42"), ErrMalformed},
		{"sub is no UUID", f.claim("sub", `"42"`), ErrIncomplete},
		{"sub in upper case", f.claim("sub", quote(strings.ToUpper(someUser))), ErrIncomplete},
		{"sub twice", f.token(f.header, f.payload.first("sub", quote(someSign))), ErrMalformed},
		{"sub twice, once with an escape", f.token(f.header, f.payload.first(`\u0073ub`, quote(someSign))), ErrMalformed},
		{
			"sub with an escape in its name",
			f.token(f.header, f.payload.set("sub", "").set(`\u0073ub`, quote(someUser))),
			ErrMalformed,
		},
		{"sub only as SUB", f.token(f.header, f.payload.set("sub", "").set("SUB", quote(someUser))), ErrIncomplete},
		{"no user_id", f.claim("user_id", ""), ErrIncomplete},
		{"user_id 0", f.claim("user_id", "0"), ErrIncomplete},
		{"user_id negative", f.claim("user_id", "-42"), ErrIncomplete},
		{"user_id with a fraction", f.claim("user_id", "42.0"), ErrMalformed},
		{"user_id is a number in a string", f.claim("user_id", `"42"`), ErrIncomplete},
		{"user_id is another uuid than sub", f.claim("user_id", quote(someSign)), ErrIncomplete},
		{"user_id is a list", f.claim("user_id", "[42]"), ErrMalformed},
		{"user_id beyond all numbers", f.claim("user_id", "9223372036854775808"), ErrMalformed},
		{"no jti", f.claim("jti", ""), ErrIncomplete},
		{"an empty jti", f.claim("jti", `""`), ErrIncomplete},
		{"a huge jti", f.claim("jti", quote(strings.Repeat("j", maxID+1))), ErrIncomplete},
		{"no sid", f.claim("sid", ""), ErrIncomplete},
		{"sid is no UUID", f.claim("sid", `"' OR 1=1 --"`), ErrIncomplete},
		{"no amr", f.claim("amr", ""), ErrIncomplete},
		{"an empty amr", f.claim("amr", "[]"), ErrIncomplete},
		{"amr with an empty method", f.claim("amr", `["otp",""]`), ErrIncomplete},
		{"amr with a null", f.claim("amr", `["otp",null]`), ErrMalformed},
		{"amr is an object", f.claim("amr", `{"otp":true}`), ErrMalformed},
	}
}

// Issuer and audience.
func (f *forge) badParties() []badToken {
	return []badToken{
		{"no iss", f.claim("iss", ""), ErrIncomplete},
		{"an empty iss", f.claim("iss", `""`), ErrIncomplete},
		{"another iss", f.claim("iss", `"https://evil.example"`), ErrWrongIssuer},
		{"iss with a slash more", f.claim("iss", quote(someIssuer+"/")), ErrWrongIssuer},
		{"iss in upper case", f.claim("iss", quote(strings.ToUpper(someIssuer))), ErrWrongIssuer},
		{"iss is a list", f.claim("iss", `["`+someIssuer+`"]`), ErrMalformed},
		{"iss twice", f.token(f.header, f.payload.first("iss", `"https://evil.example"`)), ErrMalformed},
		{"no aud", f.claim("aud", ""), ErrIncomplete},
		{"an empty aud", f.claim("aud", `""`), ErrIncomplete},
		{"an empty list as aud", f.claim("aud", "[]"), ErrIncomplete},
		{"another aud", f.claim("aud", `"https://evil.example"`), ErrWrongAudience},
		{"aud is only the issuer", f.claim("aud", quote(someIssuer)), ErrWrongAudience},
		{"aud only begins like ours", f.claim("aud", `"https://api.example.com.evil.example"`), ErrWrongAudience},
		{"aud of others", f.claim("aud", `["https://evil.example","https://b.example"]`), ErrWrongAudience},
		{"aud is a number", f.claim("aud", "1"), ErrMalformed},
		{"aud holds a number", f.claim("aud", `["https://api.example.com",1]`), ErrMalformed},
	}
}

// How a token is written. All that can bear the right signature do.
func (f *forge) badForms() []badToken {
	good, header, payload := f.good(), f.header.String(), f.payload.String()
	parts := strings.Split(good, ".")
	seal := func(header, payload string) string { return f.key.seal(f.t, header+"."+payload) }
	return []badToken{
		{"padding", seal(base64.URLEncoding.EncodeToString([]byte(unaligned(header))), parts[1]), ErrMalformed},
		{"a header whose last bits are not zero", seal(loose(unaligned(header)), parts[1]), ErrMalformed},
		{"claims whose last bits are not zero", seal(parts[0], loose(unaligned(payload))), ErrMalformed},
		{"a signature whose last bits are not zero", good[:len(good)-1] + string(good[len(good)-1]+1), ErrMalformed},
		{
			"letters of the other base64",
			seal(parts[0], base64.RawStdEncoding.EncodeToString([]byte(f.payload.set("jti", `"???>>>"`).String()))),
			ErrMalformed,
		},
		{"a line end in the header", seal(parts[0][:8]+"\n"+parts[0][8:], parts[1]), ErrMalformed},
		{"a line end in the claims", seal(parts[0], parts[1][:8]+"\r\n"+parts[1][8:]), ErrMalformed},
		{"a line end in the signature", good[:len(good)-4] + "\n" + good[len(good)-4:], ErrMalformed},
		{"a space before", " " + good, ErrMalformed},
		{"a space behind", good + " ", ErrMalformed},
		{"a NUL behind", good + "\x00", ErrMalformed},
		{"two parts", parts[0] + "." + parts[1], ErrMalformed},
		{"four parts", good + "." + parts[2], ErrMalformed},
		{"five parts, as encrypted tokens have", good + ".." + parts[2], ErrMalformed},
		{"the JSON serialisation", `{"payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`, ErrMalformed},
		{"empty", "", ErrMalformed},
		{"dots", "..", ErrMalformed},
		{"claims that are no JSON", seal(parts[0], encode([]byte("sub=42"))), ErrMalformed},
		{"claims that are null", f.raw(f.header.String(), "null"), ErrIncomplete},
		{"claims that are a list", f.raw(f.header.String(), "["+payload+"]"), ErrMalformed},
		{"claims that are a string", f.raw(f.header.String(), quote(payload)), ErrMalformed},
		{"claims with bytes after them", f.raw(f.header.String(), payload+payload), ErrMalformed},
		{"claims that are not UTF-8", f.claim("jti", "\"\xff\xfe\""), ErrMalformed},
		{"claims of great depth", f.claim("amr", strings.Repeat("[", 2000)+strings.Repeat("]", 2000)), ErrMalformed},
		{"a name twice that means nothing", f.token(f.header, f.payload.set("x", "1").first("x", "2")), ErrMalformed},
		{"too many members", f.token(f.header, append(many(), f.payload...)), ErrMalformed},
		{"right, but longer than any of doorcode's", f.claim("x", quote(strings.Repeat("x", maxToken))), ErrTooLong},
		{"a megabyte of dots", strings.Repeat(".", 1<<20), ErrTooLong},
	}
}

// unaligned pads JSON until its last base64 character has unused bits.
func unaligned(text string) string {
	for len(text)%3 == 0 {
		text += " "
	}
	return text
}

// loose is base64 in which those bits are not zero.
func loose(text string) string {
	encoded := encode([]byte(text))
	return encoded[:len(encoded)-1] + string(encoded[len(encoded)-1]+1)
}

func many() (o object) {
	for i := range maxMembers {
		o = append(o, member{fmt.Sprint("x", i), "1"})
	}
	return o
}

// with adds a member to the header of the tokens of a key.
func (k keyPair) with(name, value string) keyPair {
	k.extra = object{{name, value}}
	return k
}
