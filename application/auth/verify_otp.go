package auth

import (
	"context"
	"errors"
	"net/netip"

	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// VerifyOTP takes a guess at a code and, if it is right, opens a session. No
// answer leaves before its guess is committed.
type VerifyOTP struct {
	secrets port.OTPSecrets
	signIns port.SignIns
	limiter port.AddressLimiter
	clock   port.Clock
	random  port.Random
	keys    domain.KeyRing
	signer  signer
	notices *notices.Queue
	config  Config
}

// NewVerifyOTP makes the use case.
func NewVerifyOTP(
	secrets port.OTPSecrets, signIns port.SignIns, limiter port.AddressLimiter, clock port.Clock, random port.Random,
	keys domain.KeyRing, access port.AccessTokens, refresh port.RefreshTokens, notices *notices.Queue, config Config,
) *VerifyOTP {
	if config.MaxUsernames == 0 {
		config.MaxUsernames = 4
	}
	return &VerifyOTP{secrets, signIns, limiter, clock, random, keys, signer{access, refresh, config.Sessions}, notices, config}
}

// VerifyOTPIn is a guess: at the code of an identifier, of a challenge, or of
// both.
type VerifyOTPIn struct {
	Identifier  *Address // nil if not given
	ChallengeID *string  // nil if not given
	Code        string   // as typed
	SourceURL   string
	Referer     string
	UserAgent   string
	From        netip.Addr
}

// VerifyOTPOut is the verdict and, when it is Right, the session.
type VerifyOTPOut struct {
	Verdict      domain.Verdict
	AttemptsLeft int // of the challenge, 0 unless it is active
	Recipient    domain.Identifier
	Channel      domain.ChannelName
	User         domain.User
	IsNewUser    bool
	SessionID    string
	Tokens       TokenPair
}

// Do checks, judges and commits the guess, in this order.
func (uc *VerifyOTP) Do(ctx context.Context, in VerifyOTPIn) (VerifyOTPOut, error) {
	q, source, err := uc.check(in)
	out := VerifyOTPOut{Recipient: q.Key.Recipient}
	if err != nil {
		return out, err
	}
	if wait, ok := uc.limiter.Take(port.AddressVerify, in.From); !ok {
		return out, domain.RateLimited(string(port.AddressVerify), wait)
	}
	secret, found, err := uc.find(ctx, in, q)
	if err != nil {
		return out, err
	}
	if !found {
		out.Verdict = domain.Missing
		return out, nil
	}
	now := uc.clock.Now()
	out.AttemptsLeft, out.Channel = secret.AttemptsLeft(now), secret.Channel
	if !answers(secret, q.Key) {
		out.Verdict = domain.Missing
		return out, nil
	}
	out.Recipient = secret.Recipient
	code, known := uc.keys.Code(secret)
	if !known && secret.State(now) == domain.OTPActive {
		return out, domain.ErrUnavailable.Because(errors.New("the code was made with a key that is not configured: give all instances the same secret_key, and the one before it as secret_key_previous"))
	}
	switch out.Verdict = secret.Judge(code, in.Code, now); out.Verdict {
	case domain.Right:
		return uc.signIn(ctx, in, secret, source, now, out)
	case domain.Wrong:
		out, err = uc.countWrong(ctx, secret, now, out)
	}
	if err == nil {
		uc.tellFailure(out, in.From, now)
	}
	return out, err
}
