package domain

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Session is one sign-in of one user on one device, from its proof until it
// ends. Every token belongs to one.
type Session struct {
	ID        string // a UUID
	UserID    int64
	Channel   ChannelName // that brought the code
	AMR       []string    // how it was proved (RFC 8176): "otp" and the channel
	UserAgent string      // as CleanUserAgent makes it; "" if none
	Address   string      // the client address, "" if unknown
	CreatedAt time.Time
}

// MaxUserAgent is how much of a User-Agent is kept, in bytes.
const MaxUserAgent = 512

// CleanUserAgent is what is kept of a User-Agent: its beginning, and of that what
// every store can keep and every page can show.
func CleanUserAgent(text string) string {
	text = text[:min(len(text), MaxUserAgent)]
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}

// Actor is who acts: the user and session that a valid access token names.
// Whether they still may is for the store to say.
type Actor struct {
	UserID    int64 // 0 if the token does not tell
	UserUUID  string
	SessionID string
}

// AccessClaims are what an access token says.
type AccessClaims struct {
	ID        string // jti
	UserID    int64
	UserUUID  string // sub
	SessionID string // sid
	AMR       []string
	AuthTime  time.Time // when the session was proved
}

// Actor is who the claims speak of.
func (c AccessClaims) Actor() Actor {
	return Actor{UserID: c.UserID, UserUUID: c.UserUUID, SessionID: c.SessionID}
}

// RefreshClaims are what a refresh token says.
type RefreshClaims struct {
	ID        string // jti
	UserUUID  string // sub
	SessionID string // sid
}
