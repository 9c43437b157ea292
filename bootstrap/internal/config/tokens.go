package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/jwt"
	"github.com/doorcode-auth/doorcode/application/port"
)

// Tokens is what tokens are made with, with this secret key.
func Tokens(c *Config, key Secret) jwt.Config {
	return jwt.Config{
		SecretKey: []byte(key.Reveal()), PreviousSecretKey: []byte(c.SecretKeyPrevious.Reveal()),
		Algorithm: c.JWT.Algorithm, SigningKey: []byte(c.JWT.SigningKey.Reveal()),
		PrivateKeyFile: cmp.Or(c.JWT.PrivateKeyFile, generatedKeyPath(c)), PublicKeyFiles: c.JWT.PublicKeyFiles,
		Issuer: c.JWT.Issuer, Audience: c.JWT.Audience, Leeway: c.JWT.Leeway,
		UserIDField: jwt.UserIDField(c.JWT.UserIDField),
		Claims:      jwt.ClaimNames{UserID: c.JWT.UserIDClaim, TokenType: c.JWT.TokenTypeClaim, ID: c.JWT.JTIClaim},
	}
}

// generatedKeyPath is the file of the private key that a development server generates
// beside its secret key, one per algorithm; "" if it needs none, in production, and beside
// a database in memory, where no key is kept.
func generatedKeyPath(c *Config) string {
	folder := c.Database.URL.folder()
	if c.Environment == Production || c.JWT.PrivateKeyFile != "" || folder == "" || !jwt.NeedsKeyFile(c.JWT.Algorithm) {
		return ""
	}
	return filepath.Join(folder, "doorcode-"+strings.ToLower(c.JWT.Algorithm)+".pem")
}

// GeneratePrivateKey creates the file of generatedKeyPath, unless it exists.
func GeneratePrivateKey(c *Config, random port.Random) error {
	path := generatedKeyPath(c)
	if path == "" {
		return nil
	}
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		var made jwt.NewKey
		if made, err = jwt.GenerateKey(c.JWT.Algorithm, random); err == nil {
			err = writeKey(path, made.Private)
		}
	}
	if seen := seenByOthers(path); err == nil && seen != "" {
		err = errors.New(seen + ": chown it to the user that the server runs as, and chmod 600 it")
	}
	if err != nil {
		return fmt.Errorf("keep a private key in %s (or set DOORCODE_JWT_PRIVATE_KEY_FILE): %w", path, err)
	}
	return nil
}

// otherHeaders have a meaning for this service, or for a proxy before it, that is not a
// token.
var otherHeaders = []string{
	"Accept", "Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Cookie", "Expect",
	"Host", "Keep-Alive", "Origin", "Proxy-Authorization", "Referer", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
	"User-Agent", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Request-Id",
}

// HeaderName is a name as HTTP knows it: HTTP_X_Y, as CGI writes it, is X-Y.
func HeaderName(text string) string {
	if name, ok := strings.CutPrefix(text, "HTTP_"); ok {
		return strings.ReplaceAll(name, "_", "-")
	}
	return text
}

// httpToken is a token of HTTP (RFC 9110, 5.6.2).
var httpToken = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

// checkTokens finds what is wrong with the keys and the claims of tokens. Keys that
// have a mistake already are left alone; without a known algorithm nothing can be
// said about keys.
func (c *Config) checkTokens(to *checker) {
	name := HeaderName(c.JWT.AuthHeaderName)
	to.unless(httpToken.MatchString(name) && !slices.Contains(otherHeaders, http.CanonicalHeaderKey(name)),
		"jwt.auth_header_name", badValue,
		"give the name of a header that means nothing else, such as Authorization or X-Access-Token")
	for _, word := range c.JWT.AuthHeaderTypes {
		to.unless(httpToken.MatchString(word), "jwt.auth_header_types", badValue, "give words such as Bearer,JWT")
	}
	if to.before.About("jwt.algorithm") {
		return
	}
	known := append(append(Mistakes{}, to.before...), to.found...)
	_, err := os.Stat(generatedKeyPath(c))
	isGenerated := generatedKeyPath(c) != "" && errors.Is(err, fs.ErrNotExist) // at the start
	for _, m := range jwt.Check(Tokens(c, c.SecretKey)) {
		if !known.About(m.Key) && !(isGenerated && m.Key == "jwt.private_key_file") {
			to.found = append(to.found, Mistake{Key: m.Key, Origin: c.keys.Origin(m.Key), Problem: m.Problem, Cure: m.Cure})
		}
	}
}
