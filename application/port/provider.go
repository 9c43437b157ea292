package port

import (
	"context"
	"fmt"

	"github.com/doorcode-auth/doorcode/domain"
)

// Provider is a technology that serves channels: what a folder of an adapter offers, and
// one line in a list registers.
//
// Its name must be valid, and free: no section of doorcode's own has it.
// Every field of its configuration must have a key and a sentence, and be secret if it is named like a secret.
// Config must return a new copy with the defaults each time.
// Open must not call the provider: a service starts while its providers are down.
// Open must return no channel where nothing is configured, unless it serves every channel.
// Open must return valid channels: a name, a kind and a sender each.
// Channels must list exactly the channels that it opens.
type Provider struct {
	// Name is the provider's section in the configuration and its name in
	// <channel>.providers: lower case, a-z, 0-9 and _, and none of ReservedSections.
	Name string
	// Config makes the provider's configuration struct, by pointer. Its fields carry the
	// tags yaml (the key) and doc (one sentence), secret:"true" where the value must never be
	// shown, and production:"refused" where production must not have it. A method
	// PhoneNumbers() []string returns the numbers that its messages to phones are from; their
	// countries are the default of phone.countries.
	Config func() any
	// Open makes the senders of the channels that cfg, as filled by the configuration, sets up.
	// An error lists what is wrong, with the keys and the cures.
	Open func(ctx context.Context, cfg any) ([]ChannelSender, error)
	// Channels are all that it serves where it is set up for them. For sets them.
	Channels []domain.ChannelName
}

// ReservedSections are the names that no provider may have: the keys and sections of the
// configuration that are doorcode's own, now or by promise.
var ReservedSections = []string{
	"captcha", "database", "email", "environment", "errors", "fraud", "graphql", "hooks", "http", "http_gateway", "jwt",
	"link", "log",
	"message", "metrics", "mfa", "oidc", "otp", "pages", "phone", "product", "ratelimit", "secret_key",
	"secret_key_previous", "send", "service", "session", "sign_up", "sms", "sources", "telegram", "test_identifiers",
	"upkeep", "voice", "webhooks", "whatsapp",
}

// For is the provider with the channels that it serves.
func (p Provider) For(channels ...domain.ChannelName) Provider {
	p.Channels = channels
	return p
}

// NewProvider makes a Provider of a typed open function. defaults is the
// configuration where nothing is configured.
func NewProvider[C any](
	name string, defaults C, open func(ctx context.Context, cfg C) ([]ChannelSender, error),
) Provider {
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
