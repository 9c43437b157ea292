package auth

import (
	"context"
	"net/netip"
	"time"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Config is what an operator decides about codes.
type Config struct {
	Digits          int
	Lifetime        time.Duration
	MaxAttempts     int
	Limit           port.SendLimit // per recipient
	PlaceholderHost string         // of addresses that stand for none
	OwnHost         string         // whose pages are no source
	MaxUsernames    int            // tries to find a free username; defaults to 4
}

// RequestOTP asks for a code: it decides limit, reuse or a new code in one act,
// and sends it. It never reads the users, so that it cannot tell them apart.
type RequestOTP struct {
	secrets    port.OTPSecrets
	limiter    port.AddressLimiter
	clock      port.Clock
	random     port.Random
	keys       domain.KeyRing
	routes     delivery.Routes
	dispatcher *delivery.Dispatcher
	config     Config
}

// NewRequestOTP makes the use case.
func NewRequestOTP(
	secrets port.OTPSecrets, limiter port.AddressLimiter, clock port.Clock, random port.Random, keys domain.KeyRing,
	routes delivery.Routes, dispatcher *delivery.Dispatcher, config Config,
) *RequestOTP {
	return &RequestOTP{secrets, limiter, clock, random, keys, routes, dispatcher, config}
}

// RequestOTPIn is who asks for a code to be sent where.
type RequestOTPIn struct {
	Identifier Address
	Channel    domain.ChannelName // "" for the default of the identifier
	SourceURL  string
	Referer    string
	Locale     string
	From       netip.Addr
}

// RequestOTPOut is the challenge that the code answers.
type RequestOTPOut struct {
	Recipient domain.Identifier
	Channel   domain.ChannelName // that carried the code
	Secret    domain.OTPSecret
	ExpiresIn time.Duration
	Result    domain.SendResult
}

// Do checks, counts, stores and sends, in this order.
func (uc *RequestOTP) Do(ctx context.Context, in RequestOTPIn) (RequestOTPOut, error) {
	recipient, err := in.Identifier.parse(uc.config.PlaceholderHost)
	if err != nil {
		return RequestOTPOut{}, err
	}
	out := RequestOTPOut{Recipient: recipient}
	route, err := uc.routes.Find(in.Channel, recipient.Kind())
	if err != nil {
		return out, err
	}
	out.Channel = route[0].Channel.Name
	source, err := parseSourceURL(in.SourceURL)
	if err != nil {
		return out, err
	}
	if wait, ok := uc.limiter.Take(port.AddressRequest, in.From); !ok {
		return out, domain.RateLimited(string(port.AddressRequest), wait)
	}
	ask := uc.ask(recipient, route[0], firstKnown(source, domain.ParseReferer(in.Referer, uc.config.OwnHost)))
	issued, err := uc.secrets.Issue(ctx, ask)
	if err != nil || issued.Limited {
		return out, limitedOr(err, issued.RetryAfter)
	}
	out.Secret, out.ExpiresIn = issued.Secret, issued.Secret.ExpiresAt.Sub(ask.Now)
	sent := uc.dispatcher.Send(ctx, uc.parcel(in, route, ask, issued))
	out.Channel, out.Result = sent.Channel, sent.Result
	return out, sendFault(sent, recipient.Kind())
}

// ask is the request as the store decides it, with a fresh secret for when none
// is active.
func (uc *RequestOTP) ask(recipient domain.Identifier, first port.ChannelSender, source domain.RegistrationSource) port.OTPAsk {
	now := uc.clock.Now()
	return port.OTPAsk{
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
		Epochs: uc.keys.Epochs(),
		Limit:  uc.config.Limit,
		Delivery: domain.Delivery{
			ID: uc.random.UUID(now), Channel: first.Channel.Name, Provider: first.Provider,
			Recipient: recipient.Masked(), Status: domain.DeliveryQueued, CreatedAt: now, UpdatedAt: now,
		},
		Now: now,
	}
}

// parcel is the code on its way.
func (uc *RequestOTP) parcel(in RequestOTPIn, route delivery.Route, ask port.OTPAsk, issued port.OTPIssued) delivery.Parcel {
	secret := issued.Secret
	code, _ := uc.keys.Code(secret) // its epoch is one of ask.Epochs
	first := ask.Delivery
	first.ChallengeID = secret.ChallengeID
	return delivery.Parcel{
		Route: route,
		First: first,
		Message: port.CodeMessage{
			ChallengeID: secret.ChallengeID, To: secret.Recipient, Code: code, Purpose: secret.Purpose,
			Locale: in.Locale, ExpiresAt: secret.ExpiresAt, ExpiresIn: secret.ExpiresAt.Sub(ask.Now),
		},
		Refund: func(ctx context.Context) error {
			return uc.secrets.RefundSend(ctx, secret.OTPKey, issued.SentAt)
		},
	}
}
