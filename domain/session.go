package domain

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Session is one sign-in of one user on one device, from its proof until it
// ends: a family of refresh tokens, of which each takes the place of the one
// before it. Every token belongs to one.
//
//	sign-in ──> generation 0 ──refresh──> 1 ──refresh──> 2 ... ──> ended
//	                                                               by its user, by an admin,
//	                                                               by reuse of an older generation,
//	                                                               by its age, or by nobody using it
//
// A session that has ended is not kept.
type Session struct {
	ID         string // a UUID
	UserID     int64
	Channel    ChannelName // that brought the code
	AMR        []string    // how it was proved (RFC 8176): "otp" and the channels
	UserAgent  string      // as CleanUserAgent makes it; "" if none
	Address    string      // the client address, "" if unknown
	CreatedAt  time.Time   // when it was proved
	LastUsedAt time.Time   // when it was last refreshed, or else proved
	Generation int64       // of the refresh token that is good
}

// RefreshVerdict is what became of a refresh token that was shown.
type RefreshVerdict string

const (
	RefreshCurrent RefreshVerdict = "current" // it is the one that is good
	RefreshRepeat  RefreshVerdict = "repeat"  // the answer to it was lost, or two asked at once: the same successor again
	RefreshReused  RefreshVerdict = "reused"  // somebody else has had it: the session has to end
	RefreshEnded   RefreshVerdict = "ended"   // its session is not there any more
)

// SessionPolicy is what an operator decides about sessions.
type SessionPolicy struct {
	AccessLifetime   time.Duration // of an access token
	RefreshLifetime  time.Duration // of a refresh token, and so for how long a session may lie unused
	AbsoluteLifetime time.Duration // of a session, whatever is done with it
	Grace            time.Duration // in which the direct predecessor gets the same successor again
	Rotates          bool          // each refresh gives a new refresh token
	AcceptsOlder     bool          // older refresh tokens of a living session stay good
}

// Judge tells what a refresh token of a generation is to a session that is there.
func (p SessionPolicy) Judge(s Session, generation int64, now time.Time) RefreshVerdict {
	switch {
	case !now.Before(p.ExpiresAt(s)), generation > s.Generation: // of what a restored database has forgotten
		return RefreshEnded
	case generation == s.Generation, p.AcceptsOlder:
		return RefreshCurrent
	case p.Rotates && p.Grace > 0 && generation == s.Generation-1 && now.Before(s.LastUsedAt.Add(p.Grace)):
		return RefreshRepeat
	default:
		return RefreshReused
	}
}

// ExpiresAt is when a session ends at the latest.
func (p SessionPolicy) ExpiresAt(s Session) time.Time { return s.CreatedAt.Add(p.AbsoluteLifetime) }

// lastSecond is ExpiresAt in whole seconds, as tokens tell it: never the second in
// which the session is still refreshed.
func (p SessionPolicy) lastSecond(s Session) time.Time {
	return p.ExpiresAt(s).Add(time.Second - 1).Truncate(time.Second)
}

// IsExpired reports whether nothing can be done with a session any more.
func (p SessionPolicy) IsExpired(s Session, now time.Time) bool {
	return !now.Before(p.ExpiresAt(s)) || s.LastUsedAt.Before(p.IdleCutoff(now))
}

// IdleCutoff is since when a session has not been used if nothing can be done with
// it any more: its last tokens have expired, give or take a leeway of minutes.
func (p SessionPolicy) IdleCutoff(now time.Time) time.Time {
	return now.Add(-max(p.AccessLifetime, p.RefreshLifetime) - maxLeeway)
}

const maxLeeway = 5 * time.Minute

// AccessClaims are those of an access token made now. It does not outlive its
// session.
func (p SessionPolicy) AccessClaims(s Session, userUUID string, now time.Time) AccessClaims {
	return AccessClaims{
		UserID: s.UserID, UserUUID: userUUID, SessionID: s.ID, AMR: s.AMR, AuthTime: s.CreatedAt,
		IssuedAt: now, ExpiresAt: earlier(now.Add(p.AccessLifetime), p.lastSecond(s)),
	}
}

// RefreshClaims are those of the one refresh token that is good. They depend on
// nothing but the session, so that whoever makes them anew makes the same token.
func (p SessionPolicy) RefreshClaims(s Session, userUUID string) RefreshClaims {
	return RefreshClaims{
		UserUUID: userUUID, SessionID: s.ID, Generation: s.Generation,
		IssuedAt: s.LastUsedAt, ExpiresAt: earlier(s.LastUsedAt.Add(p.RefreshLifetime), p.lastSecond(s)),
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
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
	ID        string // jti; filled in when it is signed
	UserID    int64
	UserUUID  string // sub
	SessionID string // sid
	AMR       []string
	AuthTime  time.Time // when the session was proved
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// Actor is who the claims speak of.
func (c AccessClaims) Actor() Actor {
	return Actor{UserID: c.UserID, UserUUID: c.UserUUID, SessionID: c.SessionID}
}

// RefreshClaims are what a refresh token says.
type RefreshClaims struct {
	ID         string // jti; filled in when it is signed
	UserUUID   string // sub
	SessionID  string // sid
	Generation int64
	IssuedAt   time.Time
	ExpiresAt  time.Time
}

// Actor is who the claims speak of.
func (c RefreshClaims) Actor() Actor { return Actor{UserUUID: c.UserUUID, SessionID: c.SessionID} }
