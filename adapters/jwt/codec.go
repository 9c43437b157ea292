package jwt

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/doorcode-auth/doorcode/application/port"
)

// maxToken is the longest text that is looked at, in bytes; ours have about 700.
const maxToken = 8 << 10

// clockTolerance is how far the clocks of two instances may be apart: what one has
// signed just now is good for the other.
const clockTolerance = 5 * time.Second

// codec signs and reads the tokens of one kind.
type codec struct {
	kind     kind
	format   *format
	issuer   string
	audience string
	leeway   time.Duration
	clock    port.Clock
	signing  key
	header   string          // of all that is signed, encoded
	keys     map[string]key  // that are accepted, by kid
	headers  map[string]bool // that need no look, for they are what we write
	parser   *jwt.Parser
}

func newCodec(k kind, keys keyChain, cfg Config, clock port.Clock) *codec {
	c := &codec{
		kind: k, format: &format{cfg.Claims.withDefaults(), cfg.UserIDField}, issuer: cfg.Issuer, audience: cfg.Audience, leeway: cfg.Leeway, clock: clock,
		signing: keys.signing,
		header:  encode(headerOf(k, keys.signing)),
		keys:    map[string]key{},
		headers: map[string]bool{},
	}
	var methods []string
	for _, each := range append([]key{keys.signing}, keys.others...) {
		c.accept(each)
		if name := each.method.Alg(); !slices.Contains(methods, name) {
			methods = append(methods, name)
		}
	}
	c.parser = newParser(cfg, clock, methods)
	return c
}

func (c *codec) accept(k key) {
	c.keys[k.id] = k
	c.headers[encode(headerOf(c.kind, k))] = true
}

// newParser makes the library as strict as it can be. Its one leeway is for all
// times, so it is the wider one here; claims.timely draws the exact lines. An empty
// issuer or audience would switch a check off in silence: here it is a decision. The
// methods are those of all keys; keyOf holds each key to its own.
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

// sign makes a token of claims that name somebody; what all tokens have is filled
// in. It fails for claims that parse would refuse.
func (c *codec) sign(cl claims) (string, error) {
	cl.format, cl.tokenType, cl.issuer = c.format, c.kind.tokenType, c.issuer
	if c.audience != "" {
		cl.audience = []string{c.audience}
	}
	if !cl.complete(c.kind) {
		return "", incomplete
	}
	text := c.header + "." + encode(cl.encode())
	signature, err := c.signing.method.Sign(text, c.signing.material())
	if err != nil {
		return "", err
	}
	return text + "." + encode(signature), nil
}

// parse reads a token: the only way in, for both kinds. It decides in this order:
// what costs nothing, the header, the signature, the claims.
func (c *codec) parse(text string) (*claims, error) {
	if len(text) > maxToken {
		return nil, tooLong
	}
	if !compact(text) {
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
		return nil, incomplete
	}
	if err := cl.timely(c.clock.Now(), c.leeway); err != nil {
		return nil, err
	}
	return cl, nil
}

// keyOf finds the key by its kid, and in nothing else that a token says, and holds
// it to its own algorithm.
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

// compact reports whether the text is three parts of base64url. The decoder alone
// would skip line ends.
func compact(text string) bool {
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
