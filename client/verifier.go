package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// maxToken is the longest token that is parsed, in bytes; doorcode's have about 800.
const maxToken = 8 << 10

// Verifier verifies access tokens of one doorcode. It caches the keys, so that a program
// needs one. It is safe for concurrent use; there is nothing to close.
type Verifier struct {
	cfg    Config
	keys   *keyCache
	parser *jwt.Parser
}

// New returns a Verifier. It does not fetch the keys: Refresh does.
func New(cfg Config) (*Verifier, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("configure the verifier: %w", err)
	}
	return &Verifier{cfg: cfg, keys: newKeyCache(cfg), parser: newParser(cfg)}, nil
}

// newParser configures the library to be as strict as possible. Its leeway applies to
// all times, so it gets the wider one; payload.check is exact. keyOf, which is called
// before, binds each key to its own algorithm.
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

// Refresh fetches the keys now. Call it at program start to be ready for the first
// request, and to fail if doorcode publishes no keys.
func (v *Verifier) Refresh(ctx context.Context) error { return v.keys.refresh(ctx) }

// Verify verifies an access token and returns its claims. It waits for the keys if they
// must be fetched, as long as the context allows. errors.Is finds ErrInvalidToken in its
// errors, or ErrKeysUnavailable if the token cannot be verified.
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

// keyOf looks up the key by the kid of a token and by nothing else in it, and requires
// the algorithm of the key. HMAC tokens are not refused earlier: if doorcode signs with
// HMAC, the error about its empty key set names the cure.
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

// header is the used part of the header of a token.
type header struct {
	algorithm string
	kid       string
}

// readHeader decodes the header of an access token. It refuses another typ, crit (RFC
// 7515, 4.1.11: no extension is understood) and duplicate names. Key references (jku,
// jwk, x5u, x5c) are ignored.
func readHeader(segment string) (h header, err error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	if err != nil || !json.Valid(data) {
		return header{}, ErrMalformed
	}
	typ, critical := "", false
	err = visitMembers(data, func(name, value []byte) (err error) {
		switch string(name) {
		case "alg":
			h.algorithm, err = readText(value)
		case "kid":
			h.kid, err = readText(value)
		case "typ":
			typ, err = readText(value)
		case "crit":
			critical = true
		}
		return err
	})
	switch {
	case err != nil:
		return header{}, err
	case critical:
		return header{}, ErrCriticalHeader
	case typ != "at+jwt":
		return header{}, ErrWrongType
	default:
		return h, nil
	}
}
