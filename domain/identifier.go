package domain

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Kind says what an Identifier is: an e-mail address or a phone number.
type Kind string

// The kinds of identifier.
const (
	KindEmail Kind = "email"
	KindPhone Kind = "phone"
)

// Limits of an e-mail address and its parts in bytes (RFC 5321, 4.5.3.1 and
// RFC 1035, 2.3.4) and of a phone number in digits (E.164: country code first).
const (
	maxEmailBytes  = 254
	maxLocalBytes  = 64
	maxHostBytes   = 253
	maxLabelBytes  = 63
	minPhoneDigits = 7
	maxPhoneDigits = 15
)

// Identifier is one address in its canonical form: the key of users, codes and limits.
// All spellings of an address parse to the same Identifier, so that == compares
// addresses. The zero Identifier is none.
//
// It prints as its masked form, so that logs show no address; Value is the canonical
// form.
type Identifier struct {
	kind  Kind
	value string
}

// ParseIdentifier parses an e-mail address or a phone number. Text with an @ is an e-mail
// address, other text with a + or a digit a phone number. It fails with
// invalid_identifier for text that is neither, else with invalid_email or invalid_phone.
func ParseIdentifier(text string) (Identifier, error) {
	if strings.Contains(text, "@") {
		return ParseEmail(text)
	}
	id, err := ParsePhone(text)
	if err != nil && !strings.ContainsAny(cleanPhone(text), "+0123456789") {
		err = ErrInvalidIdentifier
	}
	return id, err
}

// ParseEmail parses one bare address: an ASCII local part and a domain name with
// a dot. White space and invisible marks around it are ignored. Its canonical form is
// lower case with the domain in ASCII (punycode, RFC 5890). A +tag stays part of it.
func ParseEmail(text string) (Identifier, error) {
	text = trimText(text)
	if text == "" {
		return Identifier{}, ErrInvalidIdentifier
	}
	local, host, ok := strings.Cut(text, "@")
	if !ok || !validLocalPart(local) {
		return Identifier{}, ErrInvalidEmail
	}
	if strings.ContainsFunc(host, isHidden) {
		return Identifier{}, ErrInvalidEmail
	}
	if host, ok = canonicalHost(host); !ok {
		return Identifier{}, ErrInvalidEmail
	}
	value := strings.ToLower(local) + "@" + host
	if len(value) > maxEmailBytes {
		return Identifier{}, ErrInvalidEmail
	}
	return Identifier{kind: KindEmail, value: value}, nil
}

// ParsePhone parses a number in international form: after removing white space, dashes,
// invisible marks and parentheses, a +, a digit from 1 to 9, and 6 to 14 digits more
// (E.164). Digits of any script and the full-width + count as ASCII. Its canonical form
// is that, "+15551234567". A national trunk prefix stays (port.PhoneNumbers drops it).
func ParsePhone(text string) (Identifier, error) {
	value := cleanPhone(text)
	if isE164(value) {
		return Identifier{kind: KindPhone, value: value}, nil
	}
	if trimText(text) == "" {
		return Identifier{}, ErrInvalidIdentifier
	}
	return Identifier{}, ErrInvalidPhone
}

// cleanPhone removes what people write between digits, and converts these to ASCII.
func cleanPhone(text string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '(', ')':
			return -1
		case '\uff0b': // full-width +
			return '+'
		default:
			return plainDigit(r)
		}
	}, text)
}

// Kind is KindEmail or KindPhone, or "" for the zero Identifier.
func (i Identifier) Kind() Kind { return i.kind }

// Value is the canonical form.
func (i Identifier) Value() string { return i.value }

// IsZero reports whether there is no identifier.
func (i Identifier) IsZero() bool { return i == Identifier{} }

// Masked is the form for answers and logs: the first two characters of a local part (one
// if it has two or fewer) and the domain, or the last four digits of a number.
func (i Identifier) Masked() string {
	switch i.kind {
	case KindEmail:
		local, host, _ := strings.Cut(i.value, "@")
		shown := 2
		if len(local) <= 2 {
			shown = 1
		}
		return local[:shown] + "***@" + host
	case KindPhone:
		return "***" + i.value[len(i.value)-4:]
	default:
		return ""
	}
}

// String is Masked.
func (i Identifier) String() string { return i.Masked() }

// GoString is Masked, so that %#v shows no address either.
func (i Identifier) GoString() string { return "domain.Identifier(" + i.Masked() + ")" }

// IsDeliverable reports whether a message can reach the identifier at all: no mail is
// delivered to the special-use domain names (RFC 6761, 6762, 7686, 9476; RFC 3172 for
// arpa). testDomains admits those that a test network may have.
func (i Identifier) IsDeliverable(testDomains bool) bool {
	if i.kind != KindEmail {
		return true
	}
	switch i.value[strings.LastIndexByte(i.value, '.')+1:] {
	case "invalid", "localhost", "local", "onion", "alt", "arpa":
		return false
	case "test", "localdomain":
		return testDomains
	default:
		return true
	}
}

// Placeholder is the e-mail address that answers show for a user with a phone number
// only: "phone_15551234567@host". It is never stored or sent to.
func (i Identifier) Placeholder(host string) string {
	return placeholderPrefix + strings.TrimPrefix(i.value, "+") + "@" + host
}

// IsPlaceholder reports whether i has the form that Placeholder makes for host, and so is
// not an address of a user.
func (i Identifier) IsPlaceholder(host string) bool {
	local, domain, _ := strings.Cut(i.value, "@")
	digits, ok := strings.CutPrefix(local, placeholderPrefix)
	return ok && i.kind == KindEmail && strings.EqualFold(domain, host) &&
		len(digits) >= minPhoneDigits && len(digits) <= maxPhoneDigits && allDigits(digits)
}

const placeholderPrefix = "phone_"

// validLocalPart accepts RFC 5322's dot-atom: no quotes, comments or spaces.
func validLocalPart(local string) bool {
	if local == "" || len(local) > maxLocalBytes {
		return false
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || strings.ContainsFunc(atom, notAtomText) {
			return false
		}
	}
	return true
}

func notAtomText(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	default:
		return !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
	}
}

// canonicalHost converts a domain name to ASCII. It refuses names that are not mail
// domains: a single label, an IP address, a trailing dot, a label too long for the DNS, a
// top-level domain that cannot exist.
func canonicalHost(host string) (string, bool) {
	ascii, ok := lookupASCII(host)
	if !ok {
		return "", false
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > maxLabelBytes {
			return "", false
		}
	}
	dot := strings.LastIndexByte(ascii, '.')
	return ascii, dot > 0 && validTopLevel(ascii[dot+1:])
}

// validTopLevel accepts ASCII letters, and the ASCII form of letters of another script
// (RFC 3696, 2; RFC 5890): no top-level domain has digits, hyphens or symbols.
func validTopLevel(label string) bool {
	if strings.HasPrefix(label, "xn--") {
		name, err := idna.Punycode.ToUnicode(label)
		return err == nil && !strings.ContainsFunc(name, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsMark(r)
		})
	}
	return !strings.ContainsFunc(label, func(r rune) bool { return r < 'a' || r > 'z' })
}

// isHidden reports whether a character is invisible in a host name. UTS #46 decides where
// a name may have joiners, and drops all other invisible characters.
func isHidden(r rune) bool { return r != '\u200c' && r != '\u200d' && isInvisible(r) }

// lookupASCII is the ASCII form of a host name (UTS #46, lookup profile). A name with an
// ASCII form that is not a fixed point is refused, and so is a name or label that is too long
// in any script: the conversion is quadratic in the length of a label.
func lookupASCII(host string) (string, bool) {
	if len(host) > utf8.UTFMax*maxHostBytes {
		return "", false
	}
	for label := range strings.FieldsFuncSeq(host, isDot) {
		if len(label) > utf8.UTFMax*maxLabelBytes {
			return "", false
		}
	}
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil {
		return "", false
	}
	again, err := idna.Lookup.ToASCII(ascii)
	return ascii, err == nil && again == ascii
}

// isDot reports whether r is a dot to UTS #46.
func isDot(r rune) bool { return r == '.' || r == '\u3002' || r == '\uff0e' || r == '\uff61' }

func isE164(text string) bool {
	digits, ok := strings.CutPrefix(text, "+")
	return ok && len(digits) >= minPhoneDigits && len(digits) <= maxPhoneDigits && digits[0] != '0' && allDigits(digits)
}

func allDigits(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}
