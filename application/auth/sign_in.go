package auth

import (
	"context"
	"errors"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

const usernameSuffix = 6

// signIn consumes the challenge of a right guess and signs tokens for the
// session that comes of it. The commit decides: a guess that was right but came
// second is Used.
func (uc *VerifyOTP) signIn(
	ctx context.Context, in VerifyOTPIn, secret domain.OTPSecret, source domain.RegistrationSource, now time.Time, out VerifyOTPOut,
) (VerifyOTPOut, error) {
	done, session, err := uc.complete(ctx, in, secret, source, now)
	if err != nil {
		return out, err
	}
	out.AttemptsLeft = 0
	if !done.Consumed {
		out.Verdict = domain.Used
		return out, nil
	}
	out.User, out.IsNewUser = done.User, done.IsNew
	if !done.User.IsActive {
		return out, domain.ErrAccountDisabled
	}
	session.UserID, out.SessionID = done.User.ID, session.ID
	out.Tokens, err = uc.signer.sign(session, done.User.UUID, now)
	return out, err
}

// source is where somebody came from: as they say now, as was known at the request, or
// as their browser says now.
func (uc *VerifyOTP) source(told domain.RegistrationSource, secret domain.OTPSecret, referer string) domain.RegistrationSource {
	if !told.IsZero() {
		return told
	}
	if stored, err := uc.config.sourceOf(secret.SourceURL); err == nil && !stored.IsZero() {
		return stored
	}
	return uc.config.refererOf(referer)
}

// complete is the one atomic act, repeated only while the name that a new user
// would get is taken.
func (uc *VerifyOTP) complete(
	ctx context.Context, in VerifyOTPIn, secret domain.OTPSecret, source domain.RegistrationSource, now time.Time,
) (port.SignInResult, domain.Session, error) {
	s := port.SignIn{
		Proof:         secret.ProveByCode(),
		Now:           now,
		KeepLastLogin: uc.config.KeepLastLogin,
		Source:        uc.source(source, secret, in.Referer),
		NewUser:       port.NewUser{UUID: uc.random.UUID(now)},
		Session: domain.Session{
			ID: uc.random.UUID(now), Channel: secret.Channel, AMR: secret.AMR(),
			UserAgent: domain.CleanUserAgent(in.UserAgent), CreatedAt: now, LastUsedAt: now,
		},
	}
	if in.From.IsValid() {
		s.Session.Address = in.From.String()
	}
	for range uc.config.MaxUsernames {
		s.NewUser.Username = domain.Username(secret.Recipient, uc.random.Suffix(usernameSuffix))
		done, err := uc.signIns.Complete(ctx, s)
		if !errors.Is(err, port.ErrUsernameTaken) {
			uc.tellSignIn(done, s, in.From)
			return done, s.Session, err
		}
	}
	return port.SignInResult{}, s.Session, domain.ErrUserCreation.Because(errors.New("every username that was tried is taken"))
}
