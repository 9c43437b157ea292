package message

import (
	"cmp"
	"fmt"
	"net/mail"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Config is what an operator decides about messages.
type Config struct {
	// Product is the name that people know the service by: at most 40 characters.
	// Defaults to "doorcode".
	Product string
	// From is the address that e-mails are from, bare and in ASCII. Defaults to
	// "doorcode@localhost".
	From string
	// FromName is the name that e-mails are from: at most 40 characters. Defaults to
	// Product.
	FromName string
	// Host is the site that the codes are typed into. A short message ends with it,
	// so that a phone offers the code there and nowhere else. Defaults to none.
	Host string
	// Dir is a folder with templates that are taken instead of the embedded ones of the
	// same names; it may add languages. Defaults to none.
	Dir string
	// CodeInSubject writes the code in the subject of an e-mail too, where a locked
	// screen shows it.
	CodeInSubject bool
}

const (
	defaultProduct  = "doorcode"
	defaultFrom     = "doorcode@localhost"
	maxProductRunes = 40
	maxBoundHost    = 25
)

// check fills in defaults and refuses what could break out of a subject or of the
// sender's line.
func (c Config) check() (Config, error) {
	c.Product = cmp.Or(strings.TrimSpace(c.Product), defaultProduct)
	c.From = cmp.Or(c.From, defaultFrom)
	c.FromName = cmp.Or(strings.TrimSpace(c.FromName), c.Product)
	switch {
	case !isName(c.Product):
		return c, fmt.Errorf("product.name is %.60q: set it to at most %d characters that can be printed", c.Product, maxProductRunes)
	case !isName(c.FromName):
		return c, fmt.Errorf("email.from_name is %.60q: set it to at most %d characters that can be printed", c.FromName, maxProductRunes)
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
	return err == nil && a.Address == text && a.Name == "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// boundHost is the host that a short message can be bound to: a name with a dot,
// short enough. A phone binds codes to names, not to IP addresses.
func (c Config) boundHost() string {
	_, err := netip.ParseAddr(c.Host)
	if err == nil || len(c.Host) > maxBoundHost || !strings.Contains(c.Host, ".") {
		return ""
	}
	return c.Host
}
