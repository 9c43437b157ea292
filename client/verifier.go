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
// those that a key can have; keyOf holds each key to its own, and comes before.
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
	k, err := v.keyOf(ctx, token)
	if err != nil {
		return Claims{}, err
	}
	p := &payload{names: v.cfg.Claims}
	if _, err := v.parser.ParseWithClaims(token, p, func(*jwt.Token) (any, error) { return k.public, nil }); err != nil {
		return Claims{}, reasonOf(err)
	}
	if err := p.check(v.cfg.Now(), v.cfg.Leeway); err != nil {
		return Claims{}, err
	}
	return p.claims(), nil
}

// keyOf finds the key by the kid of a token, and by nothing else that it says, and holds
// it to its own algorithm. Tokens of HMAC come this far, too: where there are no keys
// because doorcode signs so, the cure is told, instead of everybody being refused.
func (v *Verifier) keyOf(ctx context.Context, token string) (key, error) {
	segment, _, _ := strings.Cut(token, ".")
	h, err := readHeader(segment)
	if err != nil {
		return key{}, err
	}
	if h.kid == "" || len(h.kid) > maxKeyID {
		return key{}, ErrUnknownKey
	}
	k, err := v.keys.find(ctx, h.kid)
	if err == nil && k.algorithm != h.algorithm {
		err = ErrWrongAlgorithm
	}
	return k, err
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
