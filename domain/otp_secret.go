package domain

import "time"

// Purpose is what a code is good for. A code of one purpose never serves
// another.
type Purpose string

// PurposeSignIn is the purpose of a code that opens a session.
const PurposeSignIn Purpose = "sign_in"

// ChallengeID names one challenge to its caller: a random UUID. A resend keeps
// it, a new code has a new one.
type ChallengeID string

// OTPKey is what a secret is looked up by: there is one secret for each. The
// subject is the user who changes an identifier ("" at sign-in); the lane
// separates askers of different standing (always "" so far).
type OTPKey struct {
	Purpose   Purpose
	Recipient Identifier
	Subject   string
	Lane      string
}

// OTPState is where a secret is in its life.
type OTPState string

// The states of a secret.
const (
	OTPActive    OTPState = "active"
	OTPUsed      OTPState = "used"
	OTPExpired   OTPState = "expired"
	OTPExhausted OTPState = "exhausted"
)

// OTPSecret is what the server keeps of a code: not the code and no hash of it,
// but the parts that it is derived from together with the server's key.
//
//	           asked again: the same code, expiry and guesses
//	             ┌────┐
//	             │    ▼        right guess
//	asked ──▶  active ────────────────────────▶ used
//	             │  │ wrong guess, none left
//	             │  └─────────────────────────▶ exhausted
//	             │ ExpiresAt
//	             └────────────────────────────▶ expired
//
// From used, exhausted and expired the next request makes a new secret with a
// new ChallengeID in the same place; no other way leads back to active.
type OTPSecret struct {
	OTPKey
	ChallengeID ChallengeID
	Epoch       Epoch
	Seed        Seed
	Digits      int
	MaxAttempts int
	Attempts    int // guesses that were wrong
	CreatedAt   time.Time
	ExpiresAt   time.Time
	UsedAt      time.Time     // zero while unused
	Channel     ChannelName   // that was asked for last
	SentOn      []ChannelName // every channel that may have carried the code, as Find tells
	SourceURL   string        // where the person came from, as first told; "" if unknown
}

// State is where the secret is in its life at a time. Used beats exhausted
// beats expired, so that a state once reached by a guess stays.
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

// Judge compares what was typed with the secret's code and says what that guess
// would be. It decides nothing: the store counts the guess, and only then is a
// Right one right.
func (s OTPSecret) Judge(code Code, typed string, now time.Time) Verdict {
	if len(typed) != s.Digits || !allDigits(typed) {
		return Malformed
	}
	right := code.Equal(typed) // compared whatever the state, for the same time
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

// Lifetimes of a code and the range of its guesses.
const (
	DefaultOTPLifetime = 5 * time.Minute
	MaxOTPLifetime     = 10 * time.Minute
	MaxOTPAttempts     = 10
)

// AMR tells how the secret's code proves a person (RFC 8176): by a one-time code,
// and by every channel that may have carried it, for one that is weak makes the
// proof weak.
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
