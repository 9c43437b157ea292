package jwt

import (
	"crypto/hkdf"
	"crypto/sha256"
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
	// Algorithm signs access tokens: one of Algorithms. Defaults to HS256. Refresh
	// tokens are always signed by HS256 with a key of their own.
	Algorithm string
	// SigningKey is the key of HS256, HS384 and HS512, used as it is: at least as long
	// as the hash. Defaults to one that is derived from SecretKey.
	SigningKey []byte
	// PrivateKeyFile is the path of the key of the other algorithms, in PEM.
	PrivateKeyFile string
	// PublicKeyFiles are paths of public keys, in PEM, whose access tokens are read
	// too: of the key before, and of the next one. RS512:path is for an RSA key that
	// is used with another algorithm than this one. Defaults to none.
	PublicKeyFiles []string
	// Issuer is the claim iss, which every token must have. Empty switches it off.
	Issuer string
	// Audience is the claim aud, which every token must have. Empty switches it off.
	Audience string
	// UserIDField is what the user id claim has. Defaults to UserIDNumber.
	UserIDField UserIDField
	// Claims are the names of claims. Default to the usual ones.
	Claims ClaimNames
	// Leeway is for how long after exp a token is still good. Defaults to 0, at most
	// five minutes.
	Leeway time.Duration
}

const maxLeeway = 5 * time.Minute

// Tokens signs and reads access and refresh tokens. It is safe for concurrent use.
type Tokens struct {
	access       *codec
	refresh      *codec
	random       port.Random
	keySet       []byte        // JSON
	refreshIDKey func() []byte // where no printing reaches it
}

// New reads and derives the keys and makes everything ready. It fails with all that
// is wrong with the configuration, each a Mistake.
func New(cfg Config, clock port.Clock, random port.Random) (*Tokens, error) {
	keys, mistakes := cfg.readKeys()
	mistakes = append(append(cfg.checkSecrets(), cfg.check()...), mistakes...)
	if err := joined(mistakes); err != nil {
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

// Check finds what is wrong with a configuration but for its secret keys, which may
// not be known yet. It reads the files of keys.
func Check(cfg Config) []Mistake {
	_, mistakes := cfg.readKeys()
	return append(cfg.check(), mistakes...)
}

func (cfg Config) checkSecrets() (mistakes []Mistake) {
	if have := len(cfg.SecretKey); have < minSecret {
		mistakes = append(mistakes, Mistake{"secret_key", fmt.Sprintf("has %d bytes", have), fmt.Sprintf("set it to at least %d", minSecret)})
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
