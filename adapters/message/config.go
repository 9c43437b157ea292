package message

import (
	"cmp"
	"fmt"
	"net/mail"
	"net/netip"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Config is the configuration of messages.
type Config struct {
	// Product is the displayed name of the service, at most 40 characters. Defaults to
	// "doorcode".
	Product string
	// From is the sender address of e-mails, bare and in ASCII. Defaults to
	// "doorcode@localhost".
	From string
	// FromName is the sender name of e-mails, at most 40 characters. Defaults to Product.
	FromName string
	// Host is the host of the page for codes. An SMS ends with it if BindsTo allows it, so
	// that phones offer the code on that site only. Defaults to none.
	Host string
	// Dir is a directory of templates that override embedded ones by name, and may add
	// languages. Defaults to none.
	Dir string
	// CodeInSubject puts the code in the subject of an e-mail too, which a locked screen
	// shows.
	CodeInSubject bool
}

const (
	defaultProduct  = "doorcode"
	defaultFrom     = "doorcode@localhost"
	maxProductRunes = 40
	maxBoundHost    = 25
)

// check sets defaults and refuses names and addresses that could inject header lines.
func (c Config) check() (Config, error) {
	c.Product = cmp.Or(strings.TrimSpace(c.Product), defaultProduct)
	c.From = cmp.Or(c.From, defaultFrom)
	c.FromName = cmp.Or(strings.TrimSpace(c.FromName), c.Product)
	switch {
	case !isName(c.Product):
		return c, fmt.Errorf("product.name is %.60q: set it to at most %d characters that can be printed",
			c.Product, maxProductRunes)
	case !isName(c.FromName):
		return c, fmt.Errorf("email.from_name is %.60q: set it to at most %d characters that can be printed",
			c.FromName, maxProductRunes)
	case !isBareAddress(c.From):
		return c, fmt.Errorf("email.from is %.60q: set it to one bare address such as login@example.com", c.From)
	}
	return c, nil
}

func isName(text string) bool {
	return utf8.RuneCountInString(text) <= maxProductRunes && utf8.ValidString(text) &&
		!strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

func isBareAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && a.Name == "" &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

var hostName = regexp.MustCompile(`^[^\s/:@#?*.]+(\.[^\s/:@#?*.]+)+$`)

// BindsTo reports whether an SMS can end with a host: a name with a dot of at most 25 characters, without port. Phones
// do not bind codes to IP addresses.
func BindsTo(host string) bool {
	_, err := netip.ParseAddr(host)
	return err != nil && len(host) <= maxBoundHost && hostName.MatchString(host)
}
