package client

import (
	"context"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// maxToken is the longest text that is looked at, in bytes; doorcode's tokens have
// about 800.
const maxToken = 8 << 10

// Verifier checks access tokens of one doorcode. It is safe for concurrent use, and
// one is enough for a program: it keeps the keys. There is nothing to close.
type Verifier struct {
	cfg    Config
	keys   *keyCache
	parser *jwt.Parser
}

// New makes a Verifier. It asks doorcode for nothing yet: Refresh does.
func New(cfg Config) (*Verifier, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("configure the verifier: %w", err)
	}
	return &Verifier{cfg: cfg, keys: newKeyCache(cfg), parser: newParser(cfg)}, nil
}

// newParser makes the library as strict as it can be. Its one leeway is for all times,
// so it is the wider one here; payload.check draws the exact lines. The methods are
// those that a key can have; keyOf holds each key to its own.
func newParser(cfg Config) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods(algorithmNames()),
		jwt.WithStrictDecoding(),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(max(cfg.Leeway, clockTolerance)),
		jwt.WithTimeFunc(cfg.Now),
		jwt.WithIssuer(cfg.Issuer),
		jwt.WithAudience(cfg.Audience),
	)
}

// Refresh fetches the keys now. A program may call it when it starts, to be ready for
// the first request, or to hear at once that doorcode has no keys to publish.
func (v *Verifier) Refresh(ctx context.Context) error { return v.keys.refresh(ctx) }

// Verify checks an access token and returns what it says. It waits for the keys when
// they must be fetched, as long as the context allows. The error is one for which
// errors.Is finds ErrInvalidToken, or ErrKeysUnavailable when nobody can tell.
func (v *Verifier) Verify(ctx context.Context, token string) (Claims, error) {
	if len(token) > maxToken {
		return Claims{}, ErrTooLong
	}
	if !isCompact(token) {
		return Claims{}, ErrMalformed
	}
	header, _, _ := strings.Cut(token, ".")
	if err := readHeader(header); err != nil {
		return Claims{}, err
	}
	p := &payload{names: v.cfg.Claims}
	keyOf := func(t *jwt.Token) (any, error) { return v.keyOf(ctx, t) }
	if _, err := v.parser.ParseWithClaims(token, p, keyOf); err != nil {
		return Claims{}, reasonOf(err)
	}
	if err := p.check(v.cfg.Now(), v.cfg.Leeway); err != nil {
		return Claims{}, err
	}
	return p.claims(), nil
}

// keyOf finds the key by its kid, and in nothing else that a token says, and holds it
// to its own algorithm.
func (v *Verifier) keyOf(ctx context.Context, t *jwt.Token) (any, error) {
	kid, _ := t.Header["kid"].(string)
	if kid == "" || len(kid) > maxKeyID {
		return nil, ErrUnknownKey
	}
	k, err := v.keys.find(ctx, kid)
	if err != nil {
		return nil, err
	}
	if k.algorithm != t.Method.Alg() {
		return nil, ErrWrongAlgorithm
	}
	return k.public, nil
}

// isCompact reports whether the text is three parts of base64url. The decoder alone
// would skip line ends.
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
