package bootstrap

import (
	"github.com/doorcode-auth/doorcode/adapters/jwt"
	"github.com/doorcode-auth/doorcode/application/port"
)

// tokenConfig is what tokens are made with.
func tokenConfig(c *Config, random port.Random) (jwt.Config, error) {
	key, err := c.secretKey(random)
	if err != nil {
		return jwt.Config{}, err
	}
	return c.tokensWith(key), nil
}

// tokensWith is what tokens are made with, with this secret key.
func (c *Config) tokensWith(key Secret) jwt.Config {
	return jwt.Config{
		SecretKey: []byte(key.Reveal()), PreviousSecretKey: []byte(c.SecretKeyPrevious.Reveal()),
		Algorithm: c.JWT.Algorithm, SigningKey: []byte(c.JWT.SigningKey.Reveal()),
		PrivateKeyFile: c.JWT.PrivateKeyFile, PublicKeyFiles: c.JWT.PublicKeyFiles,
		Issuer: c.JWT.Issuer, Audience: c.JWT.Audience, Leeway: c.JWT.Leeway,
		AccessLifetime: c.JWT.AccessTokenLifetime, RefreshLifetime: c.JWT.RefreshTokenLifetime,
	}
}

// checkTokens finds what is wrong with the keys and the claims of tokens. Keys that
// have a mistake already are left alone; without a known algorithm nothing can be
// said about keys.
func (c *Config) checkTokens(to *checker) {
	if to.before.About("jwt.algorithm") {
		return
	}
	known := append(append(Mistakes{}, to.before...), to.found...)
	for _, m := range jwt.Check(c.tokensWith(c.SecretKey)) {
		if !known.About(m.Key) {
			to.found = append(to.found, Mistake{Key: m.Key, Origin: c.keys.Origin(m.Key), Problem: m.Problem, Cure: m.Cure})
		}
	}
}
