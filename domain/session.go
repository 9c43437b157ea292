package domain

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Session is one sign-in of one user on one device: a family of refresh tokens, each of
// which replaces the one before. Every token belongs to a session.
//
//	sign-in ──> generation 0 ──refresh──> 1 ──refresh──> 2 ... ──> ended
//	                                                               by the user, by an admin,
//	                                                               by reuse of an older generation,
//	                                                               by age or by inactivity
//
// An ended session is deleted.
type Session struct {
	ID         string // a UUID
	UserID     int64
	Channel    ChannelName // that carried the code
	AMR        []string    // authentication methods (RFC 8176): "otp" and the channels
	UserAgent  string      // as CleanUserAgent makes it; "" if none
	Address    string      // the client address, "" if unknown
	CreatedAt  time.Time   // of the sign-in
	LastUsedAt time.Time   // of the last refresh, or else of the sign-in
	Generation int64       // of the current refresh token
}

// RefreshVerdict classifies a presented refresh token.
type RefreshVerdict string

const (
	RefreshCurrent RefreshVerdict = "current" // the valid one
	RefreshRepeat  RefreshVerdict = "repeat"  // its answer was lost, or raced: the same successor again
	RefreshReused  RefreshVerdict = "reused"  // a copy was used before: the session has to end
	RefreshEnded   RefreshVerdict = "ended"   // its session has ended
)

// SessionPolicy is what an operator decides about sessions.
type SessionPolicy struct {
	AccessLifetime   time.Duration // of an access token
	RefreshLifetime  time.Duration // of a refresh token, and so of an idle session
	AbsoluteLifetime time.Duration // of a session, however it is used
	Grace            time.Duration // in which the direct predecessor is a repeat
	Rotates          bool          // each refresh issues a new refresh token
	AcceptsOlder     bool          // older refresh tokens of a live session stay valid
}

// Judge classifies a refresh token's generation against a live session: current, repeat
// (within the grace period), reused or ended.
func (p SessionPolicy) Judge(s Session, generation int64, now time.Time) RefreshVerdict {
	switch {
	case !now.Before(p.ExpiresAt(s)), generation > s.Generation: // the latter after a restore of the database
		return RefreshEnded
	case generation == s.Generation, p.AcceptsOlder:
		return RefreshCurrent
	case p.Rotates && p.Grace > 0 && generation == s.Generation-1 && now.Before(s.LastUsedAt.Add(p.Grace)):
		return RefreshRepeat
	default:
		return RefreshReused
	}
}

// ExpiresAt is the end of the absolute lifetime of a session.
func (p SessionPolicy) ExpiresAt(s Session) time.Time { return s.CreatedAt.Add(p.AbsoluteLifetime) }

// lastSecond is ExpiresAt rounded up to whole seconds, which tokens have: it is never a
// second in which the session can still be refreshed.
func (p SessionPolicy) lastSecond(s Session) time.Time {
	return p.ExpiresAt(s).Add(time.Second - 1).Truncate(time.Second)
}

// IsExpired reports whether a session can no longer be used.
func (p SessionPolicy) IsExpired(s Session, now time.Time) bool {
	return !now.Before(p.ExpiresAt(s)) || s.LastUsedAt.Before(p.IdleCutoff(now))
}

// IdleCutoff is the time before which a last use means that a session is expired: all of
// its tokens have expired, by any clock within the leeway.
func (p SessionPolicy) IdleCutoff(now time.Time) time.Time {
	return now.Add(-max(p.AccessLifetime, p.RefreshLifetime) - maxLeeway)
}

const maxLeeway = 5 * time.Minute

// AccessClaims are the claims of an access token made now. It does not outlive its
// session.
func (p SessionPolicy) AccessClaims(s Session, userUUID string, now time.Time) AccessClaims {
	return AccessClaims{
		UserID: s.UserID, UserUUID: userUUID, SessionID: s.ID, AMR: s.AMR, AuthTime: s.CreatedAt,
		IssuedAt: now, ExpiresAt: earlier(now.Add(p.AccessLifetime), p.lastSecond(s)),
	}
}

// RefreshClaims are the claims of the current refresh token. They depend on the session
// alone, so that every instance makes the same token.
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

// MaxUserAgent is the length of a stored User-Agent, in bytes.
const MaxUserAgent = 512

// CleanUserAgent is the part of a User-Agent that is stored: its beginning, in valid
// UTF-8 without control characters.
func CleanUserAgent(text string) string {
	text = text[:min(len(text), MaxUserAgent)]
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}

// Actor is the user and session that a valid access token names. The store decides
// whether both still exist.
type Actor struct {
	UserID    int64 // 0 if the token has none
	UserUUID  string
	SessionID string
}

// AccessClaims are the claims of an access token.
type AccessClaims struct {
	ID        string // jti; filled in when it is signed
	UserID    int64
	UserUUID  string // sub
	SessionID string // sid
	AMR       []string
	AuthTime  time.Time // of the sign-in
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// Actor is the user and session of the claims.
func (c AccessClaims) Actor() Actor {
	return Actor{UserID: c.UserID, UserUUID: c.UserUUID, SessionID: c.SessionID}
}

// RefreshClaims are the claims of a refresh token.
type RefreshClaims struct {
	ID         string // jti; filled in when it is signed
	UserUUID   string // sub
	SessionID  string // sid
	Generation int64
	IssuedAt   time.Time
	ExpiresAt  time.Time
}

// Actor is the user and session of the claims.
func (c RefreshClaims) Actor() Actor { return Actor{UserUUID: c.UserUUID, SessionID: c.SessionID} }
