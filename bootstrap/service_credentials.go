package bootstrap

import (
	"errors"
	"regexp"
	"strings"
)

// What a name and a secret are made of reads the same whether a client encodes it
// before it goes into the header (RFC 6749, 2.3.1) or not.
var (
	serviceName   = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,64}$`)
	serviceSecret = regexp.MustCompile(`^[A-Za-z0-9._~-]{32,256}$`)
)

// secrets are the secrets of the services, by their names. What is wrong with one
// is said without it.
func (c ServiceConfig) secrets() (map[string]string, error) {
	if c.Credentials.IsZero() {
		return nil, nil
	}
	secrets := map[string]string{}
	for entry := range strings.SplitSeq(c.Credentials.Reveal(), ",") {
		name, secret, _ := strings.Cut(strings.TrimSpace(entry), ":")
		switch _, twice := secrets[name]; {
		case !serviceName.MatchString(name):
			return nil, errors.New("has an entry that does not begin with a name and a colon")
		case twice:
			return nil, errors.New("has the name " + name + " twice")
		case !serviceSecret.MatchString(secret):
			return nil, errors.New("has a secret for " + name + " that is none")
		}
		secrets[name] = secret
	}
	return secrets, nil
}
