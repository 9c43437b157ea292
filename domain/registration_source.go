package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
)

// MaxSourceURL is the longest URL of a source, in bytes.
const MaxSourceURL = 2048

// RegistrationSource is where a new user came from: the URL that a client gave,
// or the page that it came from, and the host of it. The zero value means
// unknown.
type RegistrationSource struct {
	ID   string // computed from the host: the same source has the same id everywhere
	Host string // lower case, ASCII, without port
	URL  string // as given, without user info and fragment
}

// IsZero reports whether the source is unknown.
func (s RegistrationSource) IsZero() bool { return s.URL == "" }

// ParseSource reads the URL of a source. It fails with invalid_source_url for
// what is not an absolute http or https URL of at most MaxSourceURL bytes.
func ParseSource(text string) (RegistrationSource, error) {
	if len(text) > MaxSourceURL {
		return RegistrationSource{}, ErrInvalidSourceURL
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" {
		return RegistrationSource{}, ErrInvalidSourceURL
	}
	host, err := sourceHost(u)
	if err != nil {
		return RegistrationSource{}, ErrInvalidSourceURL
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	clean := u.String()
	if len(clean) > MaxSourceURL { // escaping can make it longer
		return RegistrationSource{}, ErrInvalidSourceURL
	}
	sum := sha256.Sum256([]byte(host))
	return RegistrationSource{ID: hex.EncodeToString(sum[:16]), Host: host, URL: clean}, nil
}

// ParseReferer reads the Referer of a request. One that is no source, or is a
// page of ownHost itself, is the zero source and never an error.
func ParseReferer(text, ownHost string) RegistrationSource {
	s, err := ParseSource(text)
	if err != nil || strings.EqualFold(s.Host, ownHost) {
		return RegistrationSource{}
	}
	return s
}

func sourceHost(u *url.URL) (string, error) {
	host := strings.ToLower(u.Hostname())
	if host == "" || len(host) > 253 {
		return "", ErrInvalidSourceURL
	}
	if isASCII(host) { // checked by url.Parse: a name, perhaps with _, or an address
		return host, nil
	}
	return lookupASCII(host)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
