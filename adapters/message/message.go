package message

import (
	"fmt"
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
	// Host is the site that the codes are typed into. A short message ends with it,
	// so that a phone offers the code there and nowhere else. Defaults to none.
	Host string
	// CodeInSubject writes the code in the subject of an e-mail too, where a locked
	// screen shows it.
	CodeInSubject bool
}

const (
	defaultProduct  = "doorcode"
	maxProductRunes = 40
	maxBoundHost    = 25
)

// check fills in defaults and refuses a name that could break out of a subject.
func (c Config) check() (Config, error) {
	c.Product = strings.TrimSpace(c.Product)
	if c.Product == "" {
		c.Product = defaultProduct
	}
	if utf8.RuneCountInString(c.Product) > maxProductRunes || !utf8.ValidString(c.Product) ||
		strings.ContainsFunc(c.Product, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return c, fmt.Errorf("product.name is %.60q: set it to at most %d characters that can be printed", c.Product, maxProductRunes)
	}
	return c, nil
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
