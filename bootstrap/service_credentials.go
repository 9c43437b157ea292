package bootstrap

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
)

// What a name and a secret are made of reads the same whether a client encodes it
// before it goes into the header (RFC 6749, 2.3.1) or not.
var unreserved = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

const maxServiceName, minServiceSecret, maxServiceSecret = 64, 32, 256

// checkServices finds what is wrong with the credentials of services.
func (c *Config) checkServices(to *checker) {
	const cure = "give name:secret with commas between, each secret of 32 to 256 letters and digits, such as openssl rand -hex 32 makes"
	secrets, err := c.Service.secrets()
	if err != nil {
		to.unless(false, "service.credentials", err.Error(), cure)
	}
	for _, secret := range secrets {
		to.unless(c.Environment != Production || varied(settings.NewSecret(secret)), "service.credentials", "not random", cure)
	}
}

// secrets are the secrets of the services, by their names. What is wrong with an
// entry is said without anything of it: what stands where the name should may be
// the secret.
func (c ServiceConfig) secrets() (map[string]string, error) {
	if c.Credentials.IsZero() {
		return nil, nil
	}
	entries := strings.Split(c.Credentials.Reveal(), ",")
	secrets := make(map[string]string, len(entries))
	for i, entry := range entries {
		name, secret, err := readService(strings.TrimSpace(entry))
		if _, twice := secrets[name]; twice && err == nil {
			err = errors.New("has the name of another one")
		}
		if err != nil {
			return nil, fmt.Errorf("(entry %d of %d) %w", i+1, len(entries), err)
		}
		secrets[name] = secret
	}
	return secrets, nil
}

func readService(entry string) (name, secret string, err error) {
	name, secret, ok := strings.Cut(entry, ":")
	switch {
	case !ok || !unreserved.MatchString(name) || len(name) > maxServiceName:
		return "", "", errors.New("does not begin with a name and a colon")
	case len(secret) < minServiceSecret || len(secret) > maxServiceSecret || !unreserved.MatchString(secret):
		return "", "", errors.New("has a secret that is too short or too long, or has other characters")
	}
	return name, secret, nil
}
