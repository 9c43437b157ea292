package jwt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// forge derives invalid tokens from a valid one.
type forge struct {
	testBundle
	t       testing.TB
	key     key    // that signed it
	header  string // JSON
	payload string
}

func newForge(t testing.TB) forge {
	x := setup(t)
	header, payload := decodeParts(t, x.access(t))
	return forge{testBundle: x, t: t, key: x.tokens.access.signing, header: header, payload: payload}
}

// claims replaces a part of the claims and signs with the right key.
func (f forge) claims(old, replacement string) string {
	return signToken(f.header, f.change(f.payload, old, replacement), f.key)
}

// headers replaces a part of the header and signs with the right key.
func (f forge) headers(old, replacement string) string {
	return signToken(f.change(f.header, old, replacement), f.payload, f.key)
}

// claim replaces the value of a claim; "" removes the claim.
func (f forge) claim(name, value string) string {
	f.t.Helper()
	return signToken(f.header, f.member(f.payload, name, value), f.key)
}

func (f forge) member(object, name, value string) string {
	f.t.Helper()
	at := strings.Index(object, `"`+name+`":`)
	require.GreaterOrEqual(f.t, at, 0, "%s is in %s", name, object)
	end := at + len(name) + 3
	end += endOfValue([]byte(object[end:]))
	if value != "" {
		return object[:at] + `"` + name + `":` + value + object[end:]
	}
	if object[end] == ',' {
		return object[:at] + object[end+1:]
	}
	return strings.TrimSuffix(object[:at], ",") + object[end:]
}

func (f forge) change(text, old, replacement string) string {
	f.t.Helper()
	require.Equal(f.t, 1, strings.Count(text, old), "%q in %s", old, text)
	return strings.Replace(text, old, replacement, 1)
}

type badToken struct {
	name string
	text string
	why  reason
}

func TestParseAccess_refuses(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	_, err := f.tokens.ParseAccess(signToken(f.header, f.payload, f.key))
	require.NoError(t, err, "an unchanged token is accepted")

	rows := 0
	for _, table := range [][]badToken{
		f.badSignatures(), f.badHeaders(), f.badKinds(), f.badTimes(), f.badSubjects(), f.badParties(), f.badForms(),
	} {
		rows += len(table)
		for _, row := range table {
			t.Run(row.name, func(t *testing.T) {
				_, err := f.tokens.ParseAccess(row.text)
				require.ErrorIs(t, err, domain.ErrTokenNotValid, "%s", row.text)
				require.Equal(t, row.why, errors.Unwrap(err))
				require.Equal(t, "token_not_valid: "+row.why.Error(), err.Error(), "the cause quotes the token")
			})
		}
	}
	require.GreaterOrEqual(t, rows, 40)
}

// Requirements 34, 35 and 42: signatures.
func (f forge) badSignatures() []badToken {
	text := signToken(f.header, f.payload, f.key)
	body, signature := text[:strings.LastIndexByte(text, '.')], text[strings.LastIndexByte(text, '.')+1:]
	other, err := deriveKey(otherSecret, accessToken, algorithms[0])
	require.NoError(f.t, err)
	own := func(alg string, method jwt.SigningMethod, key any) string {
		body := encode([]byte(f.change(f.header, "HS256", alg))) + "." + encode([]byte(f.payload))
		sum, err := method.Sign(body, key)
		require.NoError(f.t, err)
		return body + "." + encode(sum)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(f.t, err)
	old := f.member(f.payload, "exp", fmt.Sprint(fake.Noon.Add(-time.Minute).Unix()))
	old = f.member(old, "iat", fmt.Sprint(fake.Noon.Add(-time.Hour).Unix()))
	return []badToken{
		{
			"alg none, without a signature",
			encode([]byte(f.change(f.header, "HS256", "none"))) + "." + encode([]byte(f.payload)) + ".",
			badSignature,
		},
		{"alg None, with the right signature", f.headers("HS256", "None"), wrongAlgorithm},
		{"alg none, with the right signature", f.headers("HS256", "none"), badSignature},
		{"alg hs256", f.headers("HS256", "hs256"), wrongAlgorithm},
		{"alg HS512, by the right key", own("HS512", jwt.SigningMethodHS512, f.key.material()), badSignature},
		{"alg ES256, by another key", own("ES256", jwt.SigningMethodES256, ec), badSignature},
		{"no alg", f.headers(`"alg":"HS256",`, ""), wrongAlgorithm},
		{"alg is a list", f.headers(`"HS256"`, `["HS256"]`), wrongAlgorithm},
		{"the key of another service under our kid", signToken(f.header, f.payload, other), badSignature},
		{
			"the key of another service under its kid",
			signToken(f.change(f.header, f.key.id, other.id), f.payload, other),
			unknownKey,
		},
		{"no kid", f.headers(fmt.Sprintf(`"kid":%q,`, f.key.id), ""), unknownKey},
		{"an empty kid", f.headers(f.key.id, ""), unknownKey},
		{"kid is a number", f.headers(fmt.Sprintf("%q", f.key.id), "0"), unknownKey},
		{"kid is a path", f.headers(f.key.id, "../../dev/null"), unknownKey},
		{"the empty key", signToken(f.header, f.payload, key{material: func() any { return []byte{} }}), badSignature},
		{"no signature", body + ".", badSignature},
		{"half a signature", body + "." + signature[:20], badSignature},
		{"a longer signature", body + "." + signature[:42] + "AAAAAA", badSignature},
		{"another letter in the claims", strings.Replace(body, ".", ".e", 1) + "." + signature, malformed},
		{
			"the claims of another token",
			encode([]byte(f.header)) + "." + encode([]byte(f.member(f.payload, "user_id", "1"))) + "." + signature,
			badSignature,
		},
		{"expired and tampered", signToken(f.header, old, other), badSignature},
	}
}

// Requirements 35 and 40: headers.
func (f forge) badHeaders() []badToken {
	end := fmt.Sprintf("%q}", accessToken.typ)
	jwk := `{"kty":"oct","k":"` + encode([]byte("the key of an attacker")) + `"}`
	attacker := key{material: func() any { return []byte("the key of an attacker") }}
	offered := f.change(f.header, end, fmt.Sprintf(`%q,"jwk":%s}`, accessToken.typ, jwk))
	remote := `"at+jwt","jku":"https://evil.example/keys","x5u":"https://evil.example/x","x5c":["MIIB"]}`
	return []badToken{
		{"crit with an unknown extension", f.headers(end, `"at+jwt","crit":["exp2"],"exp2":1}`), criticalHeader},
		{"crit with b64", f.headers(end, `"at+jwt","crit":["b64"],"b64":true}`), criticalHeader},
		{"an empty crit", f.headers(end, `"at+jwt","crit":[]}`), criticalHeader},
		{"crit null", f.headers(end, `"at+jwt","crit":null}`), criticalHeader},
		{"another key in jwk", signToken(offered, f.payload, attacker), badSignature},
		{"a key to be fetched", signToken(f.change(f.header, end, remote), f.payload, attacker), badSignature},
		{"alg twice", f.headers(end, `"at+jwt","alg":"HS256"}`), malformed},
		{"kid twice", f.headers(`"kid":`, `"kid":"x","kid":`), malformed},
		{"typ twice", f.headers(`"typ":`, `"typ":"at+jwt","typ":`), malformed},
		{"typ twice, once with an escape", f.headers(`"typ":`, `"\u0074yp":"at+jwt","typ":`), malformed},
		{"a header that is a list", signToken(`["HS256"]`, f.payload, f.key), malformed},
		{"a header that is null", signToken(`null`, f.payload, f.key), malformed},
		{"a header with bytes after it", signToken(f.header+"{}", f.payload, f.key), malformed},
		{"a header of many members", f.headers(end, `"at+jwt"`+manyMembers()+"}"), malformed},
	}
}

func manyMembers() string {
	var b strings.Builder
	for i := range maxMembers {
		fmt.Fprintf(&b, `,"m%d":%d`, i, i)
	}
	return b.String()
}

// Requirement 38: each of typ, token_type and key alone separates the kinds.
func (f forge) badKinds() []badToken {
	refresh := f.tokens.refresh.signing
	header, payload := decodeParts(f.t, f.refresh(f.t))
	return []badToken{
		{"a refresh token", f.refresh(f.t), wrongType},
		{"a refresh token under our key and typ", signToken(f.header, payload, f.key), wrongType},
		{"only its typ is of a refresh token", f.headers("at+jwt", "rt+jwt"), wrongType},
		{"only its token_type is of a refresh token", f.claim("token_type", `"refresh"`), wrongType},
		{
			"only its key is of a refresh token",
			signToken(f.change(f.header, f.key.id, refresh.id), f.payload, refresh),
			unknownKey,
		},
		{"the key of a refresh token under our kid", signToken(f.header, f.payload, refresh), badSignature},
		{
			"the header of a refresh token under our key",
			signToken(f.change(header, refresh.id, f.key.id), f.payload, f.key),
			wrongType,
		},
		{"typ JWT", f.headers("at+jwt", "JWT"), wrongType},
		{"typ in upper case", f.headers("at+jwt", "AT+JWT"), wrongType},
		{"typ as a media type", f.headers("at+jwt", "application/at+jwt"), wrongType},
		{"typ is a number", f.headers(`"at+jwt"`, "7"), malformed},
		{"no typ", f.headers(`,"typ":"at+jwt"`, ""), wrongType},
		{"no token_type", f.claim("token_type", ""), wrongType},
		{"token_type null", f.claim("token_type", "null"), malformed},
		{"token_type in upper case", f.claim("token_type", `"Access"`), wrongType},
	}
}

// Requirements 37 and 39: times.
func (f forge) badTimes() []badToken {
	at := func(d time.Duration) string { return fmt.Sprint(fake.Noon.Add(d).Unix()) }
	return []badToken{
		{"expired an hour ago", f.claim("exp", at(-time.Hour)), expired},
		{
			"expired this second",
			signToken(f.header, f.member(f.member(f.payload, "exp", at(0)), "iat", at(-time.Hour)), f.key),
			expired,
		},
		{"no exp", f.claim("exp", ""), badClaim},
		{"exp null", f.claim("exp", "null"), malformed},
		{"exp 0", f.claim("exp", "0"), badClaim},
		{"exp negative", f.claim("exp", "-1"), badClaim},
		{"exp is a string", f.claim("exp", `"`+at(time.Hour)+`"`), malformed},
		{"exp with a fraction", f.claim("exp", at(time.Hour)+".5"), malformed},
		{"exp with an exponent", f.claim("exp", "1e300"), malformed},
		{"exp beyond all time", f.claim("exp", "9223372036854775807"), badClaim},
		{"exp beyond all numbers", f.claim("exp", "92233720368547758070"), malformed},
		{
			"exp before iat",
			signToken(f.header, f.member(f.member(f.payload, "exp", at(1*time.Second)), "iat", at(2*time.Second)), f.key),
			badClaim,
		},
		{"no iat", f.claim("iat", ""), badClaim},
		{"iat in 6 s", f.claim("iat", at(6*time.Second)), fromFuture},
		{"iat in milliseconds", f.claim("iat", at(0)+"000"), badClaim},
		{"nbf in 6 s", f.claims(`"iat":`, `"nbf":`+at(6*time.Second)+`,"iat":`), fromFuture},
		{"nbf is a string", f.claims(`"iat":`, `"nbf":"now","iat":`), malformed},
		{"no auth_time", f.claim("auth_time", ""), badClaim},
		{"auth_time in 6 s", f.claim("auth_time", at(6*time.Second)), fromFuture},
	}
}

// Requirement 37: user and session.
func (f forge) badSubjects() []badToken {
	return []badToken{
		{"no sub", f.claim("sub", ""), badClaim},
		{"an empty sub", f.claim("sub", `""`), badClaim},
		{"sub is a number", f.claim("sub", "42"), malformed},
		{"sub is no UUID", f.claim("sub", `"42"`), badClaim},
		{"sub in upper case", f.claim("sub", `"`+strings.ToUpper(someAccess.UserUUID)+`"`), badClaim},
		{"sub without hyphens", f.claim("sub", `"`+strings.Repeat("0", 36)+`"`), badClaim},
		{"sub with braces", f.claim("sub", `"{`+someAccess.UserUUID[:34]+`}"`), badClaim},
		{"sub twice", f.claims(`"sub":`, `"sub":"019cec25-e600-7000-8000-0000000000ff","sub":`), malformed},
		{
			"sub twice, once with an escape",
			f.claims(`"sub":`, `"\u0073ub":"019cec25-e600-7000-8000-0000000000ff","sub":`),
			malformed,
		},
		{"sub only as SUB", f.claims(`"sub":`, `"SUB":`), badClaim},
		{"no user_id", f.claim("user_id", ""), badClaim},
		{"user_id 0", f.claim("user_id", "0"), badClaim},
		{"user_id negative", f.claim("user_id", "-42"), badClaim},
		{"user_id with a fraction", f.claim("user_id", "42.0"), malformed},
		{"user_id is a string", f.claim("user_id", `"42"`), malformed},
		{"user_id is a list", f.claim("user_id", "[42]"), malformed},
		{"user_id beyond all numbers", f.claim("user_id", "9223372036854775808"), malformed},
		{"no jti", f.claim("jti", ""), badClaim},
		{"an empty jti", f.claim("jti", `""`), badClaim},
		{"a huge jti", f.claim("jti", `"`+strings.Repeat("j", maxID+1)+`"`), badClaim},
		{"no sid", f.claim("sid", ""), badClaim},
		{"sid is no UUID", f.claim("sid", `"' OR 1=1 --"`), badClaim},
		{"no amr", f.claim("amr", ""), badClaim},
		{"an empty amr", f.claim("amr", "[]"), badClaim},
		{"amr with an empty method", f.claim("amr", `["otp",""]`), badClaim},
		{"amr with a null", f.claim("amr", `["otp",null]`), malformed},
		{"amr is an object", f.claim("amr", `{"otp":true}`), malformed},
	}
}

// Requirement 37: issuer and audience.
func (f forge) badParties() []badToken {
	cfg := someConfig()
	return []badToken{
		{"no iss", f.claim("iss", ""), badClaim},
		{"an empty iss", f.claim("iss", `""`), badClaim},
		{"another iss", f.claim("iss", `"https://evil.example"`), wrongIssuer},
		{"iss with a slash more", f.claim("iss", fmt.Sprintf("%q", cfg.Issuer+"/")), wrongIssuer},
		{"iss is a list", f.claim("iss", fmt.Sprintf("[%q]", cfg.Issuer)), malformed},
		{"iss twice", f.claims(`"iss":`, `"iss":"https://evil.example","iss":`), malformed},
		{"no aud", f.claim("aud", ""), badClaim},
		{"an empty aud", f.claim("aud", `""`), badClaim},
		{"an empty list as aud", f.claim("aud", "[]"), badClaim},
		{"another aud", f.claim("aud", `"https://evil.example"`), wrongAudience},
		{"aud only begins like ours", f.claim("aud", fmt.Sprintf("%q", cfg.Audience+".evil.example")), wrongAudience},
		{"aud of others", f.claim("aud", `["https://evil.example","https://b.example"]`), wrongAudience},
		{"aud is a number", f.claim("aud", "1"), malformed},
		{"aud holds a number", f.claim("aud", fmt.Sprintf("[%q,1]", cfg.Audience)), malformed},
	}
}

// Requirements 40 and 41: encoding. All have the right signature.
func (f forge) badForms() []badToken {
	good := signToken(f.header, f.payload, f.key)
	parts := strings.Split(good, ".")
	padded := base64.URLEncoding.EncodeToString([]byte(f.header + "  ")) // so that it needs padding
	require.Contains(f.t, padded, "=")
	loose := encode([]byte(f.header + "  "))
	last := loose[len(loose)-1]
	require.Contains(f.t, "AQgw", string(last), "its last bits are not used")
	return []badToken{
		{"padding", signParts(padded+"."+parts[1], f.key), malformed},
		{"last bits that are not zero", signParts(loose[:len(loose)-1]+string(last+1)+"."+parts[1], f.key), malformed},
		{"last bits of the claims that are not zero", signParts(parts[0]+"."+f.looseClaims(), f.key), malformed},
		{
			"letters of the other base64",
			signParts(parts[0]+"."+base64.RawStdEncoding.EncodeToString([]byte(f.member(f.payload, "jti", `"???>>>"`))), f.key),
			malformed,
		},
		{"a line end in the header", signParts(parts[0][:8]+"\n"+parts[0][8:]+"."+parts[1], f.key), malformed},
		{"a line end in the claims", signParts(parts[0]+"."+parts[1][:8]+"\r\n"+parts[1][8:], f.key), malformed},
		{"a line end in the signature", good[:len(good)-4] + "\n" + good[len(good)-4:], malformed},
		{"a space before", " " + good, malformed},
		{"a space behind", good + " ", malformed},
		{"a NUL behind", good + "\x00", malformed},
		{"two parts", parts[0] + "." + parts[1], malformed},
		{"four parts", good + "." + parts[2], malformed},
		{"five parts, as encrypted tokens have", good + ".." + parts[2], malformed},
		{"an unsecured JSON serialisation", `{"payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`, malformed},
		{"empty", "", malformed},
		{"claims that are no JSON", signParts(parts[0]+"."+encode([]byte("sub=42")), f.key), malformed},
		{"claims that are null", signToken(f.header, "null", f.key), badClaim},
		{"claims that are a list", signToken(f.header, "["+f.payload+"]", f.key), malformed},
		{"claims that are a string", signToken(f.header, fmt.Sprintf("%q", f.payload), f.key), malformed},
		{"claims with bytes after them", signToken(f.header, f.payload+f.payload, f.key), malformed},
		{"claims that are not UTF-8", f.claim("jti", "\"\xff\xfe\""), malformed},
		{"a list that is not UTF-8", f.claim("amr", "[\"otp\",\"\xff\"]"), malformed},
		{"claims of great depth", f.claim("amr", strings.Repeat("[", 2000)+strings.Repeat("]", 2000)), malformed},
		{"a member twice that we do not know", f.claims(`"sub":`, `"x":1,"x":2,"sub":`), malformed},
		{"too many members", f.claims(`"sub":`, manyMembers()[1:]+`,"sub":`), malformed},
		{"right, but longer than any of ours", f.claims(`"sub":`, `"x":"`+strings.Repeat("x", maxToken)+`","sub":`), tooLong},
		{"a megabyte of dots", strings.Repeat(".", 1<<20), tooLong},
	}
}

// looseClaims are the right claims; unused bits of the last character are set.
func (f forge) looseClaims() string {
	payload := f.payload
	for len(payload)%3 == 0 {
		payload += " "
	}
	text := encode([]byte(payload))
	return text[:len(text)-1] + string(text[len(text)-1]+1)
}

// Unknown claims and other spellings of JSON are accepted.
func TestParseAccess_accepts(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	at := func(d time.Duration) string { return fmt.Sprint(fake.Noon.Add(d).Unix()) }
	for name, text := range map[string]string{
		"an unknown claim":          f.claims(`"sub":`, `"tenant":{"id":[1,{"a":"}"}]},"sub":`),
		"a spelling that is unlike": f.claims(`"sub":`, `"SUB":"x","Exp":1,"sub":`),
		"spaces in the JSON": signToken(
			strings.ReplaceAll(f.header, ":", " : "), " "+strings.ReplaceAll(f.payload, `,"`, ",\n\t\"")+" ", f.key,
		),
		"an aud among others":  f.claim("aud", `["https://b.example","https://api.example.com"]`),
		"an escape in a value": f.claim("iss", `"https:\/\/id.example\u002ecom"`),
		"iat in 5 s":           f.claim("iat", at(5*time.Second)),
		"nbf in 5 s":           f.claims(`"iat":`, `"nbf":`+at(5*time.Second)+`,"iat":`),
		"exp in a second": signToken(
			f.header, f.member(f.member(f.payload, "exp", at(time.Second)), "iat", at(0)), f.key,
		),
		"a key to be fetched": f.headers(`"at+jwt"`, `"at+jwt","jku":"https://evil.example/keys","jwk":{}`),
	} {
		_, err := f.tokens.ParseAccess(text)
		require.NoError(t, err, name)
	}
}

// The leeway applies to exp only.
func TestParseAccess_leewayIsForExp(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	f.tokens = setup(t, func(c *Config) { c.Leeway = maxLeeway }).tokens
	soon := fmt.Sprint(fake.Noon.Add(6 * time.Second).Unix())
	for name, text := range map[string]string{
		"iat":       f.claim("iat", soon),
		"nbf":       f.claims(`"iat":`, `"nbf":`+soon+`,"iat":`),
		"auth_time": f.claim("auth_time", soon),
	} {
		_, err := f.tokens.ParseAccess(text)
		require.ErrorIs(t, err, fromFuture, "%s in 6 s", name)
	}
}

// Refresh tokens are parsed by the same function: a few rows prove that.
func TestParseRefresh_refuses(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	f.key = f.tokens.refresh.signing
	f.header, f.payload = decodeParts(t, f.refresh(t))
	_, err := f.tokens.ParseRefresh(signToken(f.header, f.payload, f.key))
	require.NoError(t, err, "an unchanged token is accepted")
	for _, row := range []badToken{
		{"an access token", f.access(t), wrongType},
		{"only its typ is of an access token", f.headers("rt+jwt", "at+jwt"), wrongType},
		{"only its token_type is of an access token", f.claim("token_type", `"access"`), wrongType},
		{"only its key is of an access token", signToken(f.header, f.payload, f.tokens.access.signing), badSignature},
		{"crit", f.headers(`"rt+jwt"}`, `"rt+jwt","crit":["exp"]}`), criticalHeader},
		{"sub twice", f.claims(`"sub":`, `"sub":"x","sub":`), malformed},
		{"no jti", f.claim("jti", ""), badClaim},
		{"no sid", f.claim("sid", ""), badClaim},
		{"no exp", f.claim("exp", ""), badClaim},
		{"no gen", f.claim("gen", ""), badClaim},
		{"a gen before 0", f.claim("gen", "-1"), badClaim},
		{"half a gen", f.claim("gen", "1.5"), malformed},
		{"gen as text", f.claim("gen", `"7"`), malformed},
		{"a gen beyond all", f.claim("gen", "9223372036854775808"), malformed},
		{"another aud", f.claim("aud", `"x"`), wrongAudience},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := f.tokens.ParseRefresh(row.text)
			require.ErrorIs(t, err, domain.ErrTokenNotValid, "%s", row.text)
			require.Equal(t, row.why, errors.Unwrap(err))
		})
	}
}
