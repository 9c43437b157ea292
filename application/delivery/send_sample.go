package delivery

import (
	"context"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// SendSample sends a message with a code that belongs to no challenge, so that an
// operator can test the providers of a channel. It counts and stores nothing.
type SendSample struct {
	routes Routes
	ports  SamplePorts
	config SampleConfig
}

// SamplePorts are the ports of SendSample.
type SamplePorts struct {
	PhoneNumbers port.PhoneNumbers
	Messages     port.Messages
	Clock        port.Clock
	Random       port.Random
}

// SampleConfig is the configuration of real messages.
type SampleConfig struct {
	Digits   int
	Lifetime time.Duration
	Total    time.Duration // how long one message may take, over all its providers
}

// NewSendSample makes the use case.
func NewSendSample(routes Routes, ports SamplePorts, config SampleConfig) *SendSample {
	return &SendSample{routes, ports, config}
}

// SampleIn names the recipient of a sample.
type SampleIn struct {
	To      domain.Identifier
	Channel domain.ChannelName // "" for the default route
	Locale  string
}

// SampleOut is the result, as far as the sample has come.
type SampleOut struct {
	Allowed  bool // the phone policy allows the recipient
	Route    Route
	Attempts []Attempt // along the route; the last one decides
}

// Attempt is the outcome at one provider.
type Attempt struct {
	Channel  domain.ChannelName
	Provider string
	Outcome  port.SendOutcome
}

// Do sends a sample through the first provider that does not refuse it.
func (uc *SendSample) Do(ctx context.Context, in SampleIn) (out SampleOut, err error) {
	if err := uc.ports.PhoneNumbers.Check(in.To); err != nil {
		return out, err
	}
	out.Allowed = true
	if out.Route, err = uc.routes.Find(in.Channel, in.To.Kind()); err != nil {
		return out, err
	}
	ctx, cancel := context.WithTimeout(ctx, uc.config.Total)
	defer cancel()
	now := uc.ports.Clock.Now()
	m := port.CodeMessage{
		ChallengeID: domain.ChallengeID(uc.ports.Random.UUID(now)), To: in.To, Code: SampleCode(uc.config.Digits),
		Purpose: domain.PurposeSignIn, Locale: in.Locale,
		ExpiresAt: now.Add(uc.config.Lifetime), ExpiresIn: uc.config.Lifetime,
	}
	for _, s := range out.Route {
		m.DeliveryID, m.Channel = uc.ports.Random.UUID(now), s.Channel.Name
		m.RetryBudget = max(0, uc.config.Total-uc.ports.Clock.Now().Sub(now))
		m.Compose = func() (port.MessageText, error) { return uc.ports.Messages.ComposeCode(m) }
		sent := send(ctx, s, m)
		out.Attempts = append(out.Attempts, Attempt{s.Channel.Name, s.Provider, sent})
		if !sent.Result.Refused() || ctx.Err() != nil {
			break
		}
	}
	return out, nil
}

// SampleCode is the code of samples: 123456 and so on.
func SampleCode(digits int) domain.Code {
	const sample = "1234567890"
	return domain.NewCode(strings.Repeat(sample, 1+digits/len(sample))[:digits])
}
