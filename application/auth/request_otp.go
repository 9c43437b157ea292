package auth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// LimitIdentifierRequests names the limit of sends to one recipient.
const LimitIdentifierRequests = "identifier_requests"

// RequestOTP issues a code and sends it. One transaction decides between the rate
// limit, the active code and a new one. It never reads the users, so that its answer
// cannot depend on them.
type RequestOTP struct {
	ports      Ports
	keys       domain.KeyRing
	routes     delivery.Routes
	dispatcher *delivery.Dispatcher
	notices    *notices.Queue
	config     Config
}

// NewRequestOTP makes the use case.
func NewRequestOTP(
	ports Ports, keys domain.KeyRing, routes delivery.Routes, dispatcher *delivery.Dispatcher, queue *notices.Queue,
	config Config,
) *RequestOTP {
	return &RequestOTP{ports, keys, routes, dispatcher, queue, config}
}

// RequestOTPIn is a request for a code.
type RequestOTPIn struct {
	Identifier Address
	Channel    domain.ChannelName // "" for the default of the identifier
	SourceURL  string
	Referer    string
	Locale     string // one tag, or an Accept-Language header; "" for none
	From       netip.Addr
}

// RequestOTPOut is the challenge that the code answers.
type RequestOTPOut struct {
	Recipient domain.Identifier
	Channel   domain.ChannelName // that carried the code
	Secret    domain.OTPSecret
	ExpiresIn time.Duration
	Result    domain.SendResult

	Limited     bool          // the recipient has a limit of sends
	SendsLeft   int           // that it still allows
	ResendAfter time.Duration // until it allows another one

	SourceIgnored bool // the source_url is no source
}

// Do checks the input, takes from the limits, issues the code and sends it, in this
// order.
func (uc *RequestOTP) Do(ctx context.Context, in RequestOTPIn) (RequestOTPOut, error) {
	recipient, err := uc.ports.recipient(in.Identifier, uc.config)
	if err != nil {
		return RequestOTPOut{}, err
	}
	out := RequestOTPOut{Recipient: recipient}
	if err := uc.ports.PhoneNumbers.Check(recipient); err != nil {
		return out, err
	}
	route, err := uc.routes.Find(in.Channel, recipient.Kind())
	if err != nil {
		return out, err
	}
	out.Channel = route[0].Channel.Name
	source, ignored := uc.config.parseSource(in.SourceURL)
	out.SourceIgnored = ignored
	if wait, ok := uc.ports.AddressLimiter.Take(port.AddressRequest, in.From); !ok {
		return out, domain.RateLimited(string(port.AddressRequest), wait)
	}
	req := uc.issueRequest(recipient, route[0], uc.config.source(source, "", in.Referer))
	issued, err := uc.ports.OTPSecrets.Issue(ctx, req)
	if err != nil {
		return out, err
	}
	if issued.RateLimited {
		return out, domain.RateLimited(LimitIdentifierRequests, issued.RetryAfter)
	}
	secret := issued.Secret
	out.Secret, out.ExpiresIn = secret, secret.ExpiresAt.Sub(req.Now)
	out.Limited, out.SendsLeft, out.ResendAfter = req.Limit.Sends > 0, issued.SendsLeft, issued.RetryAfter
	code, known := uc.keys.Code(secret)
	if !known {
		return out, domain.ErrInternal.Because(errors.New("the store returned a secret of an epoch that was not requested"))
	}
	first := req.Delivery
	first.ChallengeID = secret.ChallengeID
	sent := uc.dispatcher.Send(ctx, delivery.Job{
		Route: route,
		First: first,
		Message: port.CodeMessage{
			ChallengeID: secret.ChallengeID, To: recipient, Code: code, Purpose: secret.Purpose,
			Locale: in.Locale, ExpiresAt: secret.ExpiresAt, ExpiresIn: out.ExpiresIn,
		},
		Refund: func(ctx context.Context) error {
			return uc.ports.OTPSecrets.RefundSend(ctx, secret.OTPKey, issued.SentAt)
		},
	})
	out.Channel, out.Result = sent.Channel, sent.Result
	event := domain.Event{Name: domain.EventLoginRequested, At: req.Now, Channel: out.Channel, From: in.From}
	uc.notices.Enqueue(event, recipient)
	return out, uc.sendFault(sent, route, recipient.Kind())
}

// Canonical is the identifier that an address names. Clients may name it twice.
func (uc *RequestOTP) Canonical(a Address) (domain.Identifier, error) { return uc.ports.canonical(a) }

// issueRequest has a new secret for the store to use when none is active.
func (uc *RequestOTP) issueRequest(
	recipient domain.Identifier, first port.ChannelSender, source domain.RegistrationSource,
) port.IssueRequest {
	now := uc.ports.Clock.Now()
	cohort := domain.Cohort{
		SourceID: source.ID, Category: source.Category, Channel: source.Channel,
		Country: uc.ports.PhoneNumbers.CountryOf(recipient),
	}
	if source.IsZero() {
		cohort.Category, cohort.Channel = domain.CategoryDirect, domain.SourceDirect
	}
	return port.IssueRequest{
		Fresh: domain.OTPSecret{
			OTPKey:      domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: recipient},
			ChallengeID: domain.ChallengeID(uc.ports.Random.UUID(now)),
			Epoch:       uc.keys.Current(),
			Seed:        uc.ports.Random.Seed(),
			Digits:      uc.config.Digits,
			MaxAttempts: uc.config.MaxAttempts,
			CreatedAt:   now,
			ExpiresAt:   now.Add(uc.config.Lifetime),
			Channel:     first.Channel.Name,
			SourceURL:   source.URL,
		},
		Cohort: cohort,
		Epochs: uc.keys.Epochs(),
		Limit:  uc.config.Limit,
		Delivery: domain.Delivery{
			ID: uc.ports.Random.UUID(now), Channel: first.Channel.Name, Provider: first.Provider,
			Recipient: recipient.Masked(), Status: domain.DeliveryQueued, CreatedAt: now, UpdatedAt: now,
		},
		Now: now,
	}
}

// sendFault is the fault of a failed send: nil while the message may have been sent,
// the identifier's when it cannot be reached, the channel's when the recipient is not
// on it, and the service's otherwise.
func (uc *RequestOTP) sendFault(sent delivery.Outcome, route delivery.Route, kind domain.Kind) error {
	if !sent.Result.Refused() {
		return nil
	}
	cause := fmt.Errorf("send by %s: %s: %w", sent.Channel, sent.Result, sent.Err)
	if sent.Err == nil {
		cause = fmt.Errorf("send by %s: %s", sent.Channel, sent.Result)
	}
	var fault *domain.Error
	switch unreachable := sent.Result == domain.SendInvalidRecipient; {
	case sent.Result == domain.SendNotOnChannel:
		fault = uc.routes.NotOnChannel(route, kind)
	case unreachable && kind == domain.KindEmail:
		fault = domain.ErrInvalidEmail
	case unreachable:
		fault = domain.ErrInvalidPhone
	case kind == domain.KindEmail:
		fault = domain.ErrEmailSendFailed
	default:
		fault = domain.ErrSMSSendFailed
	}
	if fault.Kind == domain.Unavailable && sent.RetryAfter > 0 {
		fault = fault.After(sent.RetryAfter)
	}
	return fault.Because(cause)
}
