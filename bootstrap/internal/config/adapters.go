package config

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/message"
	"github.com/doorcode-auth/doorcode/adapters/sourcerules"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
	"github.com/doorcode-auth/doorcode/domain"
)

// Messages returns the configuration of the texts.
func Messages(c *Config) message.Config {
	return message.Config{
		Product: c.Product.Name, Host: c.Message.Domain, CodeInSubject: c.Email.CodeInSubject,
		From: c.Email.From, FromName: c.Email.FromName, Dir: c.Message.Dir,
	}
}

// checkMessages finds what is wrong with templates of one's own. With a mistake about
// what they are written with, nothing can be said about them.
func (c *Config) checkMessages(to *checker) {
	if c.Message.Dir == "" {
		return
	}
	_, err := message.New(Messages(c))
	mistakes, _ := errors.AsType[message.Mistakes](err) // none for product.name or the sender, which are reported already
	for _, m := range mistakes {
		to.found = append(to.found, Mistake{
			Key: "message.dir", Origin: c.keys.Origin("message.dir"), Value: m.File, Problem: m.Problem, Cure: m.Cure,
		})
	}
}

// SourceRules returns the product's rules with those of sources.rules over them, and the
// own hosts: of http.public_url, http.cors_origins and sources.own_hosts.
func SourceRules(c *Config) (domain.SourceRules, error) {
	rules, err := sourcerules.Read(c.Sources.Rules)
	if err != nil {
		return rules, err
	}
	hosts := []string{PublicHost(c)}
	for _, origin := range c.HTTP.CORSOrigins {
		if u, err := url.Parse(origin); err == nil {
			hosts = append(hosts, u.Hostname())
		}
	}
	return rules.WithOwnHosts(append(hosts, c.Sources.OwnHosts...)...), nil
}

// notOwnHost reports whether a text cannot be a value of sources.own_hosts.
func notOwnHost(text string) bool { return domain.SourceRules{}.WithOwnHosts(text).OwnHosts == nil }

// checkSources checks sources.own_hosts and the file of sources.rules.
func (c *Config) checkSources(to *checker) {
	to.unless(!slices.ContainsFunc(c.Sources.OwnHosts, notOwnHost), "sources.own_hosts", badValue,
		"give hosts such as example.com, or .example.com with its subdomains, without scheme and path")
	if c.Sources.Rules == "" {
		return
	}
	_, err := SourceRules(c)
	mistakes, _ := errors.AsType[sourcerules.Mistakes](err)
	for _, m := range mistakes {
		problem := m.Problem
		if m.Key != "" {
			problem = m.Key + " is wrong, " + m.Problem
		}
		to.found = append(to.found, Mistake{
			Key: "sources.rules", Origin: c.keys.Origin("sources.rules"), Value: m.File,
			Problem: problem, Cure: m.Cure,
		})
	}
}

// What a name and a secret are made of reads the same whether a client encodes it
// before it goes into the header (RFC 6749, 2.3.1) or not.
var unreserved = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

const maxServiceName, minServiceSecret, maxServiceSecret = 64, 32, 256

// checkServices finds what is wrong with the credentials of services.
func (c *Config) checkServices(to *checker) {
	const cure = "give name:secret with commas between, each secret of 32 to 256 letters and digits, such as openssl " +
		"rand -hex 32 makes"
	secrets, err := ServiceSecrets(c)
	if err != nil {
		to.unless(false, "service.credentials", err.Error(), cure)
	}
	for _, secret := range secrets {
		to.unless(c.Environment != Production || varied(settings.NewSecret(secret)), "service.credentials", "not random",
			cure)
	}
}

// ServiceSecrets are the secrets of the services, by their names. What is wrong with an
// entry is said without anything of it: what stands where the name should may be
// the secret.
func ServiceSecrets(c *Config) (map[string]string, error) {
	if c.Service.Credentials.IsZero() {
		return nil, nil
	}
	entries := strings.Split(c.Service.Credentials.Reveal(), ",")
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
