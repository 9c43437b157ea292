package contract

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/jwt"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

func openJWT(t testing.TB, s TokenSetup) Tokens {
	tokens, err := jwt.New(jwt.Config{SecretKey: s.SecretKey}, s.Clock, &fake.Random{})
	require.NoError(t, err)
	return Tokens{tokens, tokens}
}

// badTokens is a good adapter with some of its methods spoiled.
type badTokens struct {
	Tokens
	signAccess   func(domain.AccessClaims) (string, error)
	parseAccess  func(string) (domain.AccessClaims, error)
	signRefresh  func(domain.RefreshClaims) (string, error)
	parseRefresh func(string) (domain.RefreshClaims, error)
	keySet       func() []byte
}

func (b badTokens) KeySet() []byte { return b.keySet() }

func (b badTokens) SignAccess(c domain.AccessClaims) (string, error) {
	return b.signAccess(c)
}

func (b badTokens) ParseAccess(text string) (domain.AccessClaims, error) { return b.parseAccess(text) }

func (b badTokens) SignRefresh(c domain.RefreshClaims) (string, error) {
	return b.signRefresh(c)
}

func (b badTokens) ParseRefresh(text string) (domain.RefreshClaims, error) {
	return b.parseRefresh(text)
}

func spoiledTokens(spoil func(b *badTokens)) OpenTokens {
	return func(t testing.TB, s TokenSetup) Tokens {
		good := openJWT(t, s)
		b := badTokens{good, good.SignAccess, good.ParseAccess, good.SignRefresh, good.ParseRefresh, good.KeySet}
		spoil(&b)
		return Tokens{b, b}
	}
}

func TestTokens_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	promises := append(accessTokenPromises(), refreshTokenPromises()...)
	require.Empty(t, broken[OpenTokens](openJWT, promises))

	standing := func(t testing.TB, s TokenSetup) Tokens {
		s.Clock = fake.NewClock()
		return openJWT(t, s)
	}
	require.Len(t, broken[OpenTokens](standing, promises), 2, "tokens that live for ever")

	oneKey := func(t testing.TB, s TokenSetup) Tokens {
		s.SecretKey = someKey
		return openJWT(t, s)
	}
	require.Len(t, broken[OpenTokens](oneKey, promises), 2, "a published secret key")

	for name, row := range badAccess() {
		require.Len(t, broken(spoiledTokens(row.spoil), accessTokenPromises()[row.breaks:row.breaks+1]), 1, name)
	}
	for name, row := range badRefresh() {
		require.Len(t, broken(spoiledTokens(row.spoil), refreshTokenPromises()[row.breaks:row.breaks+1]), 1, name)
	}
}

// The promises of both kinds, in their order.
const (
	readsBack = iota
	onlyOurs
	notTheOther
	published
	repeats = published
)

// spoilt is a way to break one promise.
type spoilt struct {
	breaks int
	spoil  func(b *badTokens)
}

func publishes(set string) func(b *badTokens) {
	return func(b *badTokens) { b.keySet = func() []byte { return []byte(set) } }
}

func badAccess() map[string]spoilt {
	return map[string]spoilt{
		"no key set":           {published, publishes(``)},
		"a key set of nothing": {published, publishes(`{}`)},
		"a secret in the set":  {published, publishes(`{"keys":[{"kty":"oct","kid":"x","alg":"HS256","k":"c2VjcmV0"}]}`)},
		"a private key in it": {
			published,
			publishes(`{"keys":[{"kty":"EC","kid":"x","alg":"ES256","x":"AA","y":"AA","d":"AA"}]}`),
		},
		"an unknown key": {published, publishes(`{"keys":[{"kty":"EC","x":"AA","y":"AA"}]}`)},
		"the key is not in it": {published, func(b *badTokens) {
			b.signAccess = func(domain.AccessClaims) (string, error) {
				return "eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.e30.AA", nil // ES256, by x
			}
		}},
		"claims that change": {readsBack, func(b *badTokens) {
			b.signAccess = func(c domain.AccessClaims) (string, error) {
				c.UserID++
				return b.Tokens.SignAccess(c)
			}
		}},
		"a jti that comes again": {readsBack, func(b *badTokens) {
			b.parseAccess = func(text string) (domain.AccessClaims, error) {
				c, err := b.Tokens.ParseAccess(text)
				c.ID = "always"
				return c, err
			}
		}},
		"white space is cut": {onlyOurs, func(b *badTokens) {
			b.parseAccess = func(text string) (domain.AccessClaims, error) {
				return b.Tokens.ParseAccess(strings.TrimSpace(text))
			}
		}},
		"another fault": {onlyOurs, func(b *badTokens) {
			b.parseAccess = func(text string) (domain.AccessClaims, error) {
				c, err := b.Tokens.ParseAccess(text)
				if err != nil {
					err = errors.New("bad token")
				}
				return c, err
			}
		}},
		"a refresh token lets in": {notTheOther, func(b *badTokens) {
			b.parseAccess = func(text string) (domain.AccessClaims, error) {
				if c, err := b.Tokens.ParseRefresh(text); err == nil {
					return domain.AccessClaims{UserUUID: c.UserUUID}, nil
				}
				return b.Tokens.ParseAccess(text)
			}
		}},
	}
}

func badRefresh() map[string]spoilt {
	made := time.Duration(0)
	return map[string]spoilt{
		"one generation for all": {readsBack, func(b *badTokens) {
			b.signRefresh = func(c domain.RefreshClaims) (string, error) {
				c.Generation = 1
				return b.Tokens.SignRefresh(c)
			}
		}},
		"a token that never comes again": {repeats, func(b *badTokens) {
			b.signRefresh = func(c domain.RefreshClaims) (string, error) {
				made += time.Second
				c.ExpiresAt = c.ExpiresAt.Add(made)
				return b.Tokens.SignRefresh(c)
			}
		}},
		"one jti for a session": {repeats, func(b *badTokens) {
			b.parseRefresh = func(text string) (domain.RefreshClaims, error) {
				c, err := b.Tokens.ParseRefresh(text)
				c.ID = c.SessionID
				return c, err
			}
		}},
		"padding is cut": {onlyOurs, func(b *badTokens) {
			b.parseRefresh = func(text string) (domain.RefreshClaims, error) {
				return b.Tokens.ParseRefresh(strings.TrimSuffix(text, "="))
			}
		}},
		"an access token continues": {notTheOther, func(b *badTokens) {
			b.parseRefresh = func(text string) (domain.RefreshClaims, error) {
				if c, err := b.Tokens.ParseAccess(text); err == nil {
					return domain.RefreshClaims{UserUUID: c.UserUUID}, nil
				}
				return b.Tokens.ParseRefresh(text)
			}
		}},
	}
}
