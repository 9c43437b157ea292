package domain

import (
	"cmp"
	"strings"
	"time"
)

// User is a person who has proved at least one identifier. Nobody becomes one
// by asking.
type User struct {
	ID            int64  // the number that clients and other tables use
	UUID          string // the subject of tokens
	Email         string // canonical; "" if none
	EmailVerified bool
	Phone         string // canonical; "" if none
	PhoneVerified bool
	Username      string // unique, made at the first sign-in
	Profile
	IsActive    bool // false refuses every sign-in and every token
	IsStaff     bool
	IsSuperuser bool
	DateJoined  time.Time
	LastLogin   time.Time // zero before the first
}

// Identifier is the address that names the user: e-mail first, else phone, else
// none.
func (u User) Identifier() Identifier {
	switch {
	case u.Email != "":
		return Identifier{kind: KindEmail, value: u.Email}
	case u.Phone != "":
		return Identifier{kind: KindPhone, value: u.Phone}
	default:
		return Identifier{}
	}
}

// IdentifierForOTP is where a code goes that is sent on a channel of a kind: the
// address of that kind, none if the user has none.
func (u User) IdentifierForOTP(channel Channel) Identifier {
	switch {
	case channel.Kind == KindEmail && u.Email != "":
		return Identifier{kind: KindEmail, value: u.Email}
	case channel.Kind == KindPhone && u.Phone != "":
		return Identifier{kind: KindPhone, value: u.Phone}
	default:
		return Identifier{}
	}
}

// ShortName is what to call the user: the first name, else the username.
func (u User) ShortName() string { return cmp.Or(u.FirstName, u.Username) }

// DisplayEmail is the user's address or, for somebody with only a phone number,
// the placeholder at host.
func (u User) DisplayEmail(host string) string {
	if u.Email != "" || u.Phone == "" {
		return u.Email
	}
	return Identifier{kind: KindPhone, value: u.Phone}.Placeholder(host)
}

const maxUsernameStem = 24

// UsernameSuffixLen is the length of the random suffix of a username.
const UsernameSuffixLen = 6

// Username makes a readable name from the local part of an e-mail address, or
// "user" for a phone, and a suffix that makes it unlike others:
// "ada.lovelace-k3x9". A phone number is never part of it.
func Username(i Identifier, suffix string) string {
	stem := "user"
	if i.Kind() == KindEmail {
		local, _, _ := strings.Cut(i.Value(), "@")
		local, _, _ = strings.Cut(local, "+")
		local = strings.Map(func(r rune) rune {
			switch {
			case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
				return r
			}
			return -1
		}, local)
		local = local[:min(len(local), maxUsernameStem)]
		if local = strings.Trim(local, "._-"); local != "" {
			stem = local
		}
	}
	return stem + "-" + suffix
}
