package admin

import (
	"strings"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// claims are the addresses that somebody brings along: those that they have proved or,
// from somebody who has proved none, one that they have not. Of two addresses that are
// not both proved, one may be somebody else's: whoever signs in by it would share an
// account with whoever has made the claim.
type claims struct {
	email, phone domain.Identifier
	proved       bool // all of them; else none
	notes        []claimNote
}

// claimNote is a code about an address that is left behind.
type claimNote struct{ field, code string }

func claimsOf(foreign port.ForeignUser) claims {
	var c claims
	c.email, c.phone = c.readEmail(foreign), c.readPhone(foreign)
	emailProved := foreign.EmailVerified && !c.email.IsZero()
	phoneProved := foreign.PhoneVerified && !c.phone.IsZero()
	c.proved = emailProved || phoneProved
	switch {
	case c.email.IsZero() || c.phone.IsZero():
	case !phoneProved:
		c.phone = c.without("phone", "phone_for_contact")
	case !emailProved:
		c.email = c.without("email", "email_unproved")
	}
	return c
}

// without notes why an address is left behind.
func (c *claims) without(field, code string) domain.Identifier {
	c.notes = append(c.notes, claimNote{field, code})
	return domain.Identifier{}
}

// readEmail is the address, none for a placeholder: phone_ and digits, at whatever host.
func (c *claims) readEmail(foreign port.ForeignUser) domain.Identifier {
	if strings.TrimSpace(foreign.Email) == "" {
		return domain.Identifier{}
	}
	email, err := domain.ParseEmail(foreign.Email)
	if err != nil {
		return c.without("email", "invalid_email")
	}
	_, host, _ := strings.Cut(email.Value(), "@")
	if !email.IsPlaceholder(host) {
		return email
	}
	if phone, err := domain.ParsePhone(foreign.Phone); err != nil || phone.Placeholder(host) != email.Value() {
		return c.without("email", "odd_placeholder")
	}
	return domain.Identifier{}
}

func (c *claims) readPhone(foreign port.ForeignUser) domain.Identifier {
	if strings.TrimSpace(foreign.Phone) == "" {
		return domain.Identifier{}
	}
	phone, err := domain.ParsePhone(foreign.Phone)
	if err != nil {
		return c.without("phone", "invalid_phone")
	}
	return phone
}
