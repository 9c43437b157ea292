package auth

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// check reads what the caller gave, before anything is limited or asked.
func (uc *VerifyOTP) check(in VerifyOTPIn) (port.OTPQuery, domain.RegistrationSource, error) {
	q := port.OTPQuery{Key: domain.OTPKey{Purpose: domain.PurposeSignIn}}
	if in.ChallengeID != nil {
		q.ChallengeID = domain.ChallengeID(*in.ChallengeID)
	}
	if in.Identifier != nil {
		recipient, err := in.Identifier.parse(uc.config.PlaceholderHost)
		if err != nil {
			return q, domain.RegistrationSource{}, err
		}
		q.Key.Recipient = recipient
	}
	source, err := uc.config.sourceOf(in.SourceURL)
	return q, source, err
}

// find asks for the secret that is guessed at. An empty challenge id names
// nothing, and no identifier stands in for it.
func (uc *VerifyOTP) find(ctx context.Context, in VerifyOTPIn, q port.OTPQuery) (domain.OTPSecret, bool, error) {
	if q.ChallengeID == "" && (in.ChallengeID != nil || in.Identifier == nil) {
		return domain.OTPSecret{}, false, nil
	}
	return uc.secrets.Find(ctx, q)
}

// answers reports whether a secret is for what was asked: a challenge may be
// another person's, or of another purpose.
func answers(secret domain.OTPSecret, asked domain.OTPKey) bool {
	return secret.Purpose == asked.Purpose && secret.Subject == asked.Subject &&
		(asked.Recipient.IsZero() || asked.Recipient == secret.Recipient)
}

// countWrong commits a wrong guess. One that finds the challenge closed by
// others gets the same answer.
func (uc *VerifyOTP) countWrong(ctx context.Context, secret domain.OTPSecret, now time.Time, out VerifyOTPOut) (VerifyOTPOut, error) {
	left, counted, err := uc.secrets.CountWrong(ctx, secret.ChallengeID, now)
	if err != nil {
		return out, err
	}
	out.AttemptsLeft = left
	if !counted {
		out.Verdict = domain.Exhausted
	}
	return out, nil
}
