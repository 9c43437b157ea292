package port

import (
	"context"
	"fmt"

	"github.com/doorcode-auth/doorcode/domain"
)

// Provider is a technology that serves channels: what a folder of an adapter
// offers, and one line in a list plugs in.
type Provider struct {
	// Name is the provider's section in the configuration and its name in
	// <channel>.providers: lower case, a-z, 0-9 and _.
	Name string
	// Config is a new copy of the provider's configuration struct, by pointer, with
	// its defaults. Its fields carry the tags yaml (the key) and doc (one sentence),
	// secret:"true" where the value must never be shown, and production:"refused"
	// where production must not have it. Where it has a method PhoneNumbers()
	// []string, that is who its messages to phones are from; their countries are the
	// default of phone.countries.
	Config func() any
	// Open makes the senders of the channels that cfg, as filled by the
	// configuration, sets up; none if it sets up none. It must not call the
	// provider: a service starts while its providers are down.
	Open func(ctx context.Context, cfg any) ([]ChannelSender, error)
	// Channels are all that it serves where it is set up for them, for whoever asks
	// which provider a channel may have. Empty where its maker does not say.
	Channels []domain.ChannelName
}

// For is the provider with the channels that it serves.
func (p Provider) For(channels ...domain.ChannelName) Provider {
	p.Channels = channels
	return p
}

// NewProvider makes a Provider of a typed open function. defaults is the
// configuration where nothing is configured.
func NewProvider[C any](name string, defaults C, open func(ctx context.Context, cfg C) ([]ChannelSender, error)) Provider {
	return Provider{
		Name:   name,
		Config: func() any { c := defaults; return &c },
		Open: func(ctx context.Context, cfg any) ([]ChannelSender, error) {
			c, ok := cfg.(*C)
			if !ok || c == nil {
				return nil, fmt.Errorf("open provider %s: the configuration is a %T", name, cfg)
			}
			return open(ctx, *c)
		},
	}
}
