package auth

import (
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Ports are the ports of the use cases of this package. Each use case needs a few of
// them.
type Ports struct {
	OTPSecrets     port.OTPSecrets
	SignIns        port.SignIns
	Sessions       port.Sessions
	PhoneNumbers   port.PhoneNumbers
	AddressLimiter port.AddressLimiter
	AccessTokens   port.AccessTokens
	RefreshTokens  port.RefreshTokens
	Clock          port.Clock
	Random         port.Random
}

// Config is what an operator decides about codes and sign-ins.
type Config struct {
	Digits          int
	Lifetime        time.Duration
	MaxAttempts     int
	Limit           port.SendLimit // per recipient
	PlaceholderHost string         // of the addresses that stand for a missing e-mail address
	TestDomains     bool           // accept addresses at domains of test networks
	Sources         domain.SourceRules
	KeepLastLogin   bool // a sign-in leaves the last login as it is
	Sessions        domain.SessionPolicy
	MaxUsernames    int // tries to find a free username; defaults to 4
}

// Address is an identifier as a client sends it: the text and, where the name of the
// member fixes it ("email", "phone"), its kind. "" detects the kind.
type Address struct {
	Text string
	Kind domain.Kind
}

// parse parses the address as its kind says.
func (a Address) parse() (domain.Identifier, error) {
	switch a.Kind {
	case domain.KindEmail:
		return domain.ParseEmail(a.Text)
	case domain.KindPhone:
		return domain.ParsePhone(a.Text)
	default:
		return domain.ParseIdentifier(a.Text)
	}
}

// canonical is the identifier that an address names in any spelling.
func (p Ports) canonical(a Address) (domain.Identifier, error) {
	id, err := a.parse()
	if err != nil {
		return domain.Identifier{}, err
	}
	return p.PhoneNumbers.Canonical(id), nil
}

// recipient is the identifier that an address names. One that no mail can be delivered to
// is invalid, and so is the placeholder that stands for a missing e-mail address.
func (p Ports) recipient(a Address, c Config) (domain.Identifier, error) {
	id, err := p.canonical(a)
	if err == nil && (id.IsPlaceholder(c.PlaceholderHost) || !id.IsDeliverable(c.TestDomains)) {
		err = domain.ErrInvalidEmail
	}
	if err != nil {
		return domain.Identifier{}, err
	}
	return id, nil
}

// parseSource parses the source_url of a request. One that is no source is the zero
// source, and ignored unless it is blank: it must never stop a sign-in.
func (c Config) parseSource(url string) (source domain.RegistrationSource, ignored bool) {
	source, err := c.Sources.Parse(url)
	return source, err != nil && strings.TrimSpace(url) != ""
}

// source is the first of: the source_url of this request, the source stored with the
// challenge, the Referer of this request. A row stores the URL alone, so that Classify
// derives the rest again, by the rules of today.
func (c Config) source(given domain.RegistrationSource, storedURL, referer string) domain.RegistrationSource {
	if !given.IsZero() {
		return given
	}
	if stored := c.Sources.Classify(domain.RegistrationSource{URL: storedURL}); !stored.IsZero() {
		return stored
	}
	return c.Sources.ParseReferer(referer)
}

// TokenPair is the tokens of a session.
type TokenPair struct {
	Access           string
	AccessExpiresIn  time.Duration
	Refresh          string // "" if the client's refresh token stays valid
	RefreshExpiresIn time.Duration
}

// signer signs the tokens of a session.
type signer struct {
	access  port.AccessTokens
	refresh port.RefreshTokens
	policy  domain.SessionPolicy
}

// sign signs both tokens.
func (s signer) sign(session domain.Session, userUUID string, now time.Time) (TokenPair, error) {
	pair, err := s.signAccess(session, userUUID, now)
	if err != nil {
		return TokenPair{}, err
	}
	claims := s.policy.RefreshClaims(session, userUUID)
	pair.Refresh, err = s.refresh.SignRefresh(claims)
	pair.RefreshExpiresIn = claims.ExpiresAt.Sub(now)
	return pair, err
}

func (s signer) signAccess(session domain.Session, userUUID string, now time.Time) (pair TokenPair, err error) {
	claims := s.policy.AccessClaims(session, userUUID, now)
	pair.Access, err = s.access.SignAccess(claims)
	pair.AccessExpiresIn = claims.ExpiresAt.Sub(now)
	return pair, err
}
