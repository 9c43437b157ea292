package jwt

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/doorcode-auth/doorcode/application/port"
)

// kind is a kind of token, with all values that differ between kinds.
type kind struct {
	use            string // input of key derivation
	typ            string // in the header
	tokenType      string // in the claims
	identifiesUser bool   // has user id, auth_time and amr
}

var (
	accessToken  = kind{use: "access token", typ: "at+jwt", tokenType: "access", identifiesUser: true}
	refreshToken = kind{use: "refresh token", typ: "rt+jwt", tokenType: "refresh"}
)

// maxToken is the longest token that is parsed, in bytes; ours have about 700.
const maxToken = 8 << 10

// clockTolerance is the accepted clock skew between two instances.
const clockTolerance = 5 * time.Second

// productClientID is client_id if both audience and issuer are disabled.
const productClientID = "doorcode"

// codec signs and verifies the tokens of one kind.
type codec struct {
	kind     kind
	format   *format
	issuer   string
	audience string
	clientID string
	leeway   time.Duration
	clock    port.Clock
	signing  key
	header   string          // of all signed tokens, encoded
	keys     map[string]key  // accepted keys, by kid
	headers  map[string]bool // encoded headers that sign writes: checkHeader is skipped
	parser   *jwt.Parser
}

func newCodec(k kind, keys keyChain, cfg Config, clock port.Clock) *codec {
	c := &codec{
		kind: k, format: &format{cfg.Claims.withDefaults(), cfg.UserIDField}, clock: clock,
		issuer: cfg.Issuer, audience: cfg.Audience, leeway: cfg.Leeway, signing: keys.signing,
		header:  encode(headerOf(k, keys.signing)),
		keys:    map[string]key{},
		headers: map[string]bool{},
	}
	if k.identifiesUser {
		c.clientID = cmp.Or(cfg.Audience, cfg.Issuer, productClientID)
	}
	var methods []string
	for _, each := range append([]key{keys.signing}, keys.others...) {
		c.keys[each.id] = each
		c.headers[encode(headerOf(k, each))] = true
		if name := each.method.Alg(); !slices.Contains(methods, name) {
			methods = append(methods, name)
		}
	}
	c.parser = newParser(cfg, clock, methods)
	return c
}

// newParser configures the library to be as strict as possible. Its leeway applies to
// all times, so it gets the wider one; claims.checkTimes is exact. An empty issuer or
// audience disables its check. methods are those of all keys; keyOf binds each key to
// its own.
func newParser(cfg Config, clock port.Clock, methods []string) *jwt.Parser {
	options := []jwt.ParserOption{
		jwt.WithValidMethods(methods),
		jwt.WithStrictDecoding(),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(max(cfg.Leeway, clockTolerance)),
		jwt.WithTimeFunc(clock.Now),
	}
	if cfg.Issuer != "" {
		options = append(options, jwt.WithIssuer(cfg.Issuer))
	}
	if cfg.Audience != "" {
		options = append(options, jwt.WithAudience(cfg.Audience))
	}
	return jwt.NewParser(options...)
}

// sign returns a token with the claims, and with those that all tokens have. It fails
// for claims that parse would refuse.
func (c *codec) sign(cl claims) (string, error) {
	cl.format, cl.tokenType, cl.issuer = c.format, c.kind.tokenType, c.issuer
	cl.clientID = c.clientID
	if c.audience != "" {
		cl.audience = []string{c.audience}
	}
	if !cl.complete(c.kind) {
		return "", badClaim
	}
	text := c.header + "." + encode(cl.encode())
	signature, err := c.signing.method.Sign(text, c.signing.material())
	if err != nil {
		return "", err
	}
	return text + "." + encode(signature), nil
}

// parse verifies a token of either kind, cheap checks first: length and form, header,
// signature, claims.
func (c *codec) parse(text string) (*claims, error) {
	if len(text) > maxToken {
		return nil, tooLong
	}
	if !isCompact(text) {
		return nil, malformed
	}
	header, _, _ := strings.Cut(text, ".")
	if !c.headers[header] {
		if err := checkHeader(header, c.kind); err != nil {
			return nil, err
		}
	}
	cl := &claims{format: c.format, generation: -1}
	if _, err := c.parser.ParseWithClaims(text, cl, c.keyOf); err != nil {
		return nil, reasonOf(err)
	}
	if cl.tokenType != c.kind.tokenType {
		return nil, wrongType
	}
	if !cl.complete(c.kind) {
		return nil, badClaim
	}
	if err := cl.checkTimes(c.clock.Now(), c.leeway); err != nil {
		return nil, err
	}
	return cl, nil
}

// keyOf looks up the key by its kid and by nothing else in the token, and requires the
// algorithm of the key.
func (c *codec) keyOf(t *jwt.Token) (any, error) {
	kid, _ := t.Header["kid"].(string)
	k, ok := c.keys[kid]
	if !ok {
		return nil, unknownKey
	}
	if k.method.Alg() != t.Method.Alg() {
		return nil, wrongAlgorithm
	}
	return k.verifier(), nil
}

// isCompact reports whether text has three parts of base64url characters. The decoder
// alone would skip line ends.
func isCompact(text string) bool {
	dots := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == '.':
			dots++
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return dots == 2
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// headerOf is the JSON header of the tokens of a kind, signed with a key.
func headerOf(k kind, signing key) []byte {
	var o object
	o.text("alg", signing.method.Alg())
	o.text("kid", signing.id)
	o.text("typ", k.typ)
	return o.end()
}

// checkHeader refuses another typ, crit (RFC 7515, 4.1.11: no extension is understood)
// and duplicate names. Key references (jku, jwk, x5u, x5c) are ignored.
func checkHeader(segment string, k kind) error {
	data, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	if err != nil || !json.Valid(data) {
		return malformed
	}
	typ, critical := "", false
	err = visitMembers(data, func(name, value []byte) (err error) {
		switch string(name) {
		case "typ":
			typ, err = readText(value)
		case "crit":
			critical = true
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case critical:
		return criticalHeader
	case typ != k.typ:
		return wrongType
	default:
		return nil
	}
}
