package delivery

import (
	"context"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// SendSample sends a message whose code opens nothing, so that an operator sees what
// the providers of a channel make of it. Nothing is counted and nothing stored.
type SendSample struct {
	routes   Routes
	phones   port.PhoneNumbers
	messages port.Messages
	clock    port.Clock
	random   port.Random
	config   SampleConfig
}

// SampleConfig is what a sample has of a real message.
type SampleConfig struct {
	Digits   int
	Lifetime time.Duration
	Total    time.Duration // how long it may take, over all its providers
}

// NewSendSample makes the use case.
func NewSendSample(
	routes Routes, phones port.PhoneNumbers, messages port.Messages, clock port.Clock, random port.Random, config SampleConfig,
) *SendSample {
	return &SendSample{routes, phones, messages, clock, random, config}
}

// SampleIn is a sample and whom it is for.
type SampleIn struct {
	To      domain.Identifier
	Channel domain.ChannelName // "" for the default route
	Locale  string
}

// SampleOut is what became of a sample, as far as it came.
type SampleOut struct {
	Allowed  bool // to write to this recipient
	Route    Route
	Attempts []Attempt // of the route, the last one decides
}

// Attempt is what one provider made of a sample.
type Attempt struct {
	Channel  domain.ChannelName
	Provider string
	Outcome  port.SendOutcome
}

// Do sends a sample by the first provider that takes it.
func (uc *SendSample) Do(ctx context.Context, in SampleIn) (out SampleOut, err error) {
	if err := uc.phones.Check(in.To); err != nil {
		return out, err
	}
	out.Allowed = true
	if out.Route, err = uc.routes.Find(in.Channel, in.To.Kind()); err != nil {
		return out, err
	}
	ctx, cancel := context.WithTimeout(ctx, uc.config.Total)
	defer cancel()
	now := uc.clock.Now()
	m := port.CodeMessage{
		ChallengeID: domain.ChallengeID(uc.random.UUID(now)), To: in.To, Code: SampleCode(uc.config.Digits), Purpose: domain.PurposeSignIn,
		Locale: in.Locale, ExpiresAt: now.Add(uc.config.Lifetime), ExpiresIn: uc.config.Lifetime,
	}
	for _, s := range out.Route {
		m.DeliveryID, m.Channel = uc.random.UUID(now), s.Channel.Name
		m.RetryBudget = max(0, uc.config.Total-uc.clock.Now().Sub(now))
		m.Compose = func() (port.MessageText, error) { return uc.messages.ComposeCode(m) }
		sent := send(ctx, s, m)
		out.Attempts = append(out.Attempts, Attempt{s.Channel.Name, s.Provider, sent})
		if !sent.Result.Refused() || ctx.Err() != nil {
			break
		}
	}
	return out, nil
}

// SampleCode is the code of samples: the digits from 1 on. No challenge has it but by
// chance.
func SampleCode(digits int) domain.Code {
	const sample = "1234567890"
	return domain.NewCode(strings.Repeat(sample, 1+digits/len(sample))[:digits])
}
