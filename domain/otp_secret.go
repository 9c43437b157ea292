package domain

import "time"

// Purpose is the use of a code. A code of one purpose is never valid for another.
type Purpose string

// PurposeSignIn is the purpose of a code that opens a session.
const PurposeSignIn Purpose = "sign_in"

// ChallengeID is the public id of a secret: a random UUID. A resend keeps it, a new code
// has a new one.
type ChallengeID string

// OTPKey is the unique key of a secret. The subject is the id of the user that
// changes an identifier ("" at sign-in). The lane partitions the requests for a recipient
// by the trust in their client, so that one class cannot exhaust another's codes (always
// "" so far).
type OTPKey struct {
	Purpose   Purpose
	Recipient Identifier
	Subject   string
	Lane      string
}

// OTPState is the state of a secret.
type OTPState string

// The states of a secret.
const (
	OTPActive    OTPState = "active"
	OTPUsed      OTPState = "used"
	OTPExpired   OTPState = "expired"
	OTPExhausted OTPState = "exhausted"
)

// OTPSecret is the stored part of a code: neither the code nor a hash of it, but the
// input of its derivation with the server's key.
//
//	             repeated request: the same code, expiry and guesses
//	               ┌────┐
//	               │    ▼        right guess
//	request ──▶  active ────────────────────────▶ used
//	               │  │ wrong guess, none left
//	               │  └─────────────────────────▶ exhausted
//	               │ ExpiresAt
//	               └────────────────────────────▶ expired
//
// After used, exhausted and expired the next request replaces the secret by a new one
// with a new ChallengeID; no other transition leads back to active.
type OTPSecret struct {
	OTPKey
	ChallengeID ChallengeID
	Epoch       Epoch
	Seed        Seed
	Digits      int
	MaxAttempts int
	Attempts    int // wrong guesses
	CreatedAt   time.Time
	ExpiresAt   time.Time
	UsedAt      time.Time     // zero while unused
	Channel     ChannelName   // of the last request
	SentOn      []ChannelName // every channel that may have carried the code; filled in by Find
	SourceURL   string        // of the registration source of the first request; "" if unknown
}

// State is the state of the secret at a time. Used takes precedence over exhausted, and
// exhausted over expired, so that a state reached by a guess is final.
//
// This is the definition of active. The stores decide by the same rule in SQL
// (ActiveCondition of adapters/internal/sqlstore, activeSecret of adapters/postgres);
// the contract of port.OTPSecrets proves that they agree.
func (s OTPSecret) State(now time.Time) OTPState {
	switch {
	case !s.UsedAt.IsZero():
		return OTPUsed
	case s.Attempts >= s.MaxAttempts:
		return OTPExhausted
	case !now.Before(s.ExpiresAt):
		return OTPExpired
	default:
		return OTPActive
	}
}

// AttemptsLeft is how many guesses an active secret still takes; 0 otherwise.
func (s OTPSecret) AttemptsLeft(now time.Time) int {
	if s.State(now) != OTPActive {
		return 0
	}
	return s.MaxAttempts - s.Attempts
}

// Judge compares a guess, as typed, with the secret's code: only decimal digits in the
// right number reach the comparison. Its verdict is preliminary: the store counts the
// guess or consumes the secret, and its commit decides.
func (s OTPSecret) Judge(code Code, typed string, now time.Time) Verdict {
	typed = CleanCode(typed)
	if len(typed) != s.Digits || !allDigits(typed) {
		return Malformed
	}
	right := code.Equal(typed) // in every state, so that the time does not depend on it
	switch s.State(now) {
	case OTPUsed:
		return Used
	case OTPExhausted:
		return Exhausted
	case OTPExpired:
		return Expired
	}
	if right {
		return Right
	}
	return Wrong
}

// Bounds of the lifetime of a code and of its guesses.
const (
	DefaultOTPLifetime = 5 * time.Minute
	MaxOTPLifetime     = 10 * time.Minute
	MaxOTPAttempts     = 10
)

// AMR is the authentication methods of a sign-in with the secret's code (RFC 8176): otp,
// and every channel that may have carried the code, because the weakest one counts.
func (s OTPSecret) AMR() []string {
	amr := []string{"otp"}
	for _, channel := range s.SentOn {
		amr = append(amr, string(channel))
	}
	if len(s.SentOn) == 0 {
		amr = append(amr, string(s.Channel))
	}
	return amr
}
