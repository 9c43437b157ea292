package jwt

import (
	"errors"
	"fmt"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

// Config is what an operator decides about tokens.
type Config struct {
	// SecretKey is the server's secret, of which the keys are derived: at least 32
	// bytes.
	SecretKey []byte
	// PreviousSecretKey is the one before it, whose tokens stay good until they
	// expire. Defaults to none.
	PreviousSecretKey []byte
	// Issuer is the claim iss, which every token must have. Empty switches it off.
	Issuer string
	// Audience is the claim aud, which every token must have. Empty switches it off.
	Audience string
	// AccessLifetime and RefreshLifetime are how long tokens are good, in whole
	// seconds.
	AccessLifetime  time.Duration
	RefreshLifetime time.Duration
	// Leeway is for how long after exp a token is still good. Defaults to 0, at most
	// five minutes.
	Leeway time.Duration
}

const maxLeeway = 5 * time.Minute

// Tokens signs and reads access and refresh tokens. It is safe for concurrent use.
type Tokens struct {
	access  *codec
	refresh *codec
	clock   port.Clock
	random  port.Random
}

// New derives the keys and makes everything ready. It fails with all that is wrong
// with the configuration, each with its cure.
func New(cfg Config, clock port.Clock, random port.Random) (*Tokens, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	access, err := newCodec(accessToken, cfg.AccessLifetime, cfg, clock)
	if err != nil {
		return nil, err
	}
	refresh, err := newCodec(refreshToken, cfg.RefreshLifetime, cfg, clock)
	if err != nil {
		return nil, err
	}
	return &Tokens{access: access, refresh: refresh, clock: clock, random: random}, nil
}

func (cfg Config) check() error {
	var errs []error
	mistake := func(found bool, format string, args ...any) {
		if found {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	mistake(len(cfg.SecretKey) < minSecret, "secret_key has %d bytes: set it to at least %d", len(cfg.SecretKey), minSecret)
	if old := len(cfg.PreviousSecretKey); old > 0 {
		mistake(old < minSecret, "secret_key_previous has %d bytes: set it to the key that was in use before, at least %d, or leave it out", old, minSecret)
	}
	for _, life := range []struct {
		key   string
		value time.Duration
	}{
		{"jwt.access_token_lifetime", cfg.AccessLifetime},
		{"jwt.refresh_token_lifetime", cfg.RefreshLifetime},
	} {
		mistake(life.value < time.Second || life.value%time.Second != 0,
			"%s is %s: set it to one second or more, in whole seconds", life.key, life.value)
	}
	mistake(cfg.Leeway < 0 || cfg.Leeway > maxLeeway, "jwt.leeway is %s: set it to 0 to 300 seconds", cfg.Leeway)
	return errors.Join(errs...)
}
