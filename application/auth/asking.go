package auth

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ask is the request as the store decides it, with a fresh secret for when none
// is active.
func (uc *RequestOTP) ask(recipient domain.Identifier, first port.ChannelSender, source domain.RegistrationSource) port.IssueRequest {
	now := uc.clock.Now()
	return port.IssueRequest{
		Fresh: domain.OTPSecret{
			OTPKey:      domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: recipient},
			ChallengeID: domain.ChallengeID(uc.random.UUID(now)),
			Epoch:       uc.keys.Current(),
			Seed:        uc.random.Seed(),
			Digits:      uc.config.Digits,
			MaxAttempts: uc.config.MaxAttempts,
			CreatedAt:   now,
			ExpiresAt:   now.Add(uc.config.Lifetime),
			Channel:     first.Channel.Name,
			SourceURL:   source.URL,
		},
		Cohort: cohort(source, uc.phones.CountryOf(recipient)),
		Epochs: uc.keys.Epochs(),
		Limit:  uc.config.Limit,
		Delivery: domain.Delivery{
			ID: uc.random.UUID(now), Channel: first.Channel.Name, Provider: first.Provider,
			Recipient: recipient.Masked(), Status: domain.DeliveryQueued, CreatedAt: now, UpdatedAt: now,
		},
		Now: now,
	}
}

// source is where somebody came from: as they say, or as their browser does.
func (uc *RequestOTP) source(told domain.RegistrationSource, referer string) domain.RegistrationSource {
	if !told.IsZero() {
		return told
	}
	return uc.config.refererOf(referer)
}

// parcel is the code on its way.
func (uc *RequestOTP) parcel(
	in RequestOTPIn, route delivery.Route, req port.IssueRequest, issued port.IssueResult, code domain.Code,
) delivery.Parcel {
	secret := issued.Secret
	first := req.Delivery
	first.ChallengeID = secret.ChallengeID
	return delivery.Parcel{
		Route: route,
		First: first,
		Message: port.CodeMessage{
			ChallengeID: secret.ChallengeID, To: secret.Recipient, Code: code, Purpose: secret.Purpose,
			Locale: in.Locale, ExpiresAt: secret.ExpiresAt, ExpiresIn: secret.ExpiresAt.Sub(req.Now),
		},
		Refund: func(ctx context.Context) error {
			return uc.secrets.RefundSend(ctx, secret.OTPKey, issued.SentAt)
		},
	}
}
