package jwt

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

// Config is the configuration of tokens.
type Config struct {
	// SecretKey is the server's secret, from which keys are derived: at least 32 bytes.
	SecretKey []byte
	// PreviousSecretKey is the secret before it, whose tokens are accepted until they
	// expire. Defaults to none.
	PreviousSecretKey []byte
	// Algorithm signs access tokens: one of Algorithms. Defaults to HS256. Refresh
	// tokens are always signed with HS256 and a key of their own.
	Algorithm string
	// SigningKey is the key of HS256, HS384 and HS512, used as it is: at least as long
	// as the hash. Defaults to a key derived from SecretKey.
	SigningKey []byte
	// PrivateKeyFile is the path of the key of the other algorithms, in PEM.
	PrivateKeyFile string
	// PublicKeyFiles are paths of further public keys, in PEM, whose access tokens are
	// accepted: the previous and the next key. RS512:path is an RSA key of another
	// algorithm than Algorithm. Defaults to none.
	PublicKeyFiles []string
	// Issuer is the claim iss that every token must have. Empty disables it.
	Issuer string
	// Audience is the claim aud that every token must have. Empty disables it.
	Audience string
	// UserIDField is the value of the user id claim. Defaults to UserIDNumber.
	UserIDField UserIDField
	// Claims are the names of claims. Defaults to those of ClaimNames.
	Claims ClaimNames
	// Leeway is how long a token is accepted after exp, at most five minutes. Defaults
	// to 0.
	Leeway time.Duration
}

const maxLeeway = 5 * time.Minute

// Tokens signs and verifies access and refresh tokens. It is safe for concurrent use.
type Tokens struct {
	access       *codec
	refresh      *codec
	random       port.Random
	keySet       []byte        // JSON
	refreshIDKey func() []byte // a closure, which formatting verbs do not print
}

// New reads and derives the keys. Its error joins all Mistakes in the configuration.
func New(cfg Config, clock port.Clock, random port.Random) (*Tokens, error) {
	keys, mistakes := cfg.readKeys()
	mistakes = append(append(cfg.checkSecrets(), cfg.check()...), mistakes...)
	if err := joinMistakes(mistakes); err != nil {
		return nil, err
	}
	keys, err := keys.withDerived(cfg)
	if err != nil {
		return nil, err
	}
	refresh, err := derivedKeys(cfg, refreshToken, algorithms[0])
	if err != nil {
		return nil, err
	}
	idKey, err := hkdf.Key(sha256.New, cfg.SecretKey, nil, "doorcode "+refreshToken.use+" jti", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key of refresh token ids: %w", err)
	}
	set, err := keySet(keys)
	if err != nil {
		return nil, err
	}
	return &Tokens{
		access:  newCodec(accessToken, keys, cfg, clock),
		refresh: newCodec(refreshToken, refresh, cfg, clock),
		random:  random, keySet: set, refreshIDKey: func() []byte { return idKey },
	}, nil
}

// Check finds the configuration errors outside the secret keys, which may not be known
// yet. It reads the key files.
func Check(cfg Config) []Mistake {
	_, mistakes := cfg.readKeys()
	return append(cfg.check(), mistakes...)
}

func (cfg Config) checkSecrets() (mistakes []Mistake) {
	if have := len(cfg.SecretKey); have < minSecret {
		mistakes = append(mistakes, Mistake{
			"secret_key", fmt.Sprintf("has %d bytes", have), fmt.Sprintf("set it to at least %d", minSecret),
		})
	}
	if old := len(cfg.PreviousSecretKey); old > 0 && old < minSecret {
		mistakes = append(mistakes, Mistake{
			"secret_key_previous", fmt.Sprintf("has %d bytes", old),
			fmt.Sprintf("set it to the key that was in use before, at least %d, or leave it out", minSecret),
		})
	}
	return mistakes
}

func (cfg Config) check() (mistakes []Mistake) {
	if cfg.Leeway < 0 || cfg.Leeway > maxLeeway {
		mistakes = append(mistakes, Mistake{"jwt.leeway", "is " + cfg.Leeway.String(), "set it to 0 to 300 seconds"})
	}
	if f := cfg.UserIDField; f != "" && f != UserIDNumber && f != UserIDUUID {
		mistakes = append(mistakes, Mistake{"jwt.user_id_field", "is no field of a user", "give id or uuid"})
	}
	mistakes = append(mistakes, cfg.Claims.check()...)
	return mistakes
}

// Mistake is one error in a Config, under its configuration key. It never quotes a value.
type Mistake struct {
	Key     string // "jwt.private_key_file"
	Problem string // "has 1024 bits"
	Cure    string // "give one of at least 2048 bits"
}

// Error formats the mistake on one line.
func (m Mistake) Error() string { return m.Key + " " + m.Problem + ": " + m.Cure }

// joinMistakes joins mistakes to one error, nil if there are none.
func joinMistakes(mistakes []Mistake) error {
	errs := make([]error, len(mistakes))
	for i, m := range mistakes {
		errs[i] = m
	}
	return errors.Join(errs...)
}
