package auth

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// RequestOTP asks for a code: it decides limit, reuse or a new code in one act,
// and sends it. It never reads the users, so that it cannot tell them apart.
type RequestOTP struct {
	secrets    port.OTPSecrets
	phones     port.PhoneNumbers
	limiter    port.AddressLimiter
	clock      port.Clock
	random     port.Random
	keys       domain.KeyRing
	routes     delivery.Routes
	dispatcher *delivery.Dispatcher
	notices    *notices.Queue
	config     Config
}

// NewRequestOTP makes the use case.
func NewRequestOTP(
	secrets port.OTPSecrets, phones port.PhoneNumbers, limiter port.AddressLimiter, clock port.Clock, random port.Random, keys domain.KeyRing,
	routes delivery.Routes, dispatcher *delivery.Dispatcher, notices *notices.Queue, config Config,
) *RequestOTP {
	return &RequestOTP{secrets, phones, limiter, clock, random, keys, routes, dispatcher, notices, config}
}

// RequestOTPIn is who asks for a code to be sent where.
type RequestOTPIn struct {
	Identifier Address
	Channel    domain.ChannelName // "" for the default of the identifier
	SourceURL  string
	Referer    string
	Locale     string // one tag, or what a browser sends as Accept-Language; "" for none
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
	if err := uc.phones.Check(recipient); err != nil {
		return out, err
	}
	route, err := uc.routes.Find(in.Channel, recipient.Kind())
	if err != nil {
		return out, err
	}
	out.Channel = route[0].Channel.Name
	source, err := uc.config.sourceOf(in.SourceURL)
	if err != nil {
		return out, err
	}
	if wait, ok := uc.limiter.Take(port.AddressRequest, in.From); !ok {
		return out, domain.RateLimited(string(port.AddressRequest), wait)
	}
	req := uc.ask(recipient, route[0], uc.source(source, in.Referer))
	issued, err := uc.secrets.Issue(ctx, req)
	if err != nil || issued.RateLimited {
		return out, limitedOr(err, issued.RetryAfter)
	}
	out.Secret, out.ExpiresIn = issued.Secret, issued.Secret.ExpiresAt.Sub(req.Now)
	code, known := uc.keys.Code(issued.Secret)
	if !known {
		return out, domain.ErrInternal.Because(errors.New("the store gave a secret of a key that was not among those asked for"))
	}
	sent := uc.dispatcher.Send(ctx, uc.parcel(in, route, req, issued, code))
	out.Channel, out.Result = sent.Channel, sent.Result
	uc.tellRequest(out, in.From, req.Now)
	return out, uc.sendFault(sent, route, recipient.Kind())
}
