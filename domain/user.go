package domain

import (
	"cmp"
	"strings"
	"time"
)

// User is a person with at least one identifier. The first sign-in creates it; a request
// for a code never does.
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

// Identifier is the primary identifier: the e-mail address, else the phone number, else
// none.
func (u User) Identifier() Identifier {
	return cmp.Or(u.IdentifierForOTP(Channel{Kind: KindEmail}), u.IdentifierForOTP(Channel{Kind: KindPhone}))
}

// IdentifierForOTP is the recipient of codes on a channel: the identifier of its kind, or
// none.
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

// ShortName is the first name, else the username.
func (u User) ShortName() string { return cmp.Or(u.FirstName, u.Username) }

// DisplayEmail is the e-mail address or, for a user with a phone number only, the
// placeholder at host.
func (u User) DisplayEmail(host string) string {
	if u.Email != "" || u.Phone == "" {
		return u.Email
	}
	return Identifier{kind: KindPhone, value: u.Phone}.Placeholder(host)
}

const maxUsernameStem = 24

// UsernameSuffixLen is the length of the random suffix of a username.
const UsernameSuffixLen = 6

// Username makes a readable name from the local part of an e-mail address, or "user" for
// a phone number, and a random suffix: "ada.lovelace-k3x9". A phone number is never part
// of it.
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

// Account is a user with everything that is stored of them.
type Account struct {
	User     User
	Sessions []Session
	Sources  []UserSource
}
