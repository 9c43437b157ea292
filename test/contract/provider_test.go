package contract

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

type coopConfig struct {
	URL    string `yaml:"url" doc:"Where the coop is."`
	APIKey string `yaml:"api_key" secret:"true" doc:"Its key."`
}

func openCoop(_ context.Context, cfg coopConfig) ([]port.ChannelSender, error) {
	if cfg.URL == "" {
		return nil, nil
	}
	pigeon := domain.Channel{Name: "pigeon", Kind: domain.KindPhone}
	return []port.ChannelSender{{Channel: pigeon, Sender: &pigeonry{}}}, nil
}

const goodTags = "Every field of its configuration must have a key and a sentence, " +
	"and be secret if it is named like a secret."

// coop is a provider that keeps every promise but the one that a test takes away.
func coop(spoil func(p *port.Provider)) ProviderSetup {
	p := port.NewProvider("coop", coopConfig{}, openCoop).For("pigeon")
	spoil(&p)
	return ProviderSetup{Provider: p, Configs: func(_ testing.TB, address string) []any {
		return []any{&coopConfig{URL: address, APIKey: pigeonKey}}
	}}
}

func TestProvider_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	const (
		name     = "Its name must be valid, and free: no section of doorcode's own has it."
		tags     = goodTags
		copies   = "Config must return a new copy with the defaults each time."
		calls    = "Open must not call the provider: a service starts while its providers are down."
		nothing  = "Open must return no channel where nothing is configured, unless it serves every channel."
		valid    = "Open must return valid channels: a name, a kind and a sender each."
		channels = "Channels must list exactly the channels that it opens."
	)
	require.Empty(t, CheckProvider(coop(func(*port.Provider) {})))
	shared := &coopConfig{}
	opens := func(change func(s *port.ChannelSender)) func(*port.Provider) {
		return func(p *port.Provider) {
			open := p.Open
			p.Open = func(ctx context.Context, cfg any) ([]port.ChannelSender, error) {
				senders, err := open(ctx, cfg)
				for i := range senders {
					change(&senders[i])
				}
				return senders, err
			}
		}
	}
	for what, row := range map[string]struct {
		spoil  func(p *port.Provider)
		breaks string
	}{
		"has the name of a section":    {func(p *port.Provider) { p.Name = "telegram" }, name},
		"has a name in upper case":     {func(p *port.Provider) { p.Name = "Coop" }, name},
		"has no name":                  {func(p *port.Provider) { p.Name = "" }, name},
		"has a configuration by value": {func(p *port.Provider) { p.Config = func() any { return coopConfig{} } }, tags},
		"shares its configuration":     {func(p *port.Provider) { p.Config = func() any { return shared } }, copies},
		"calls when it is opened": {func(p *port.Provider) {
			open := p.Open
			p.Open = func(ctx context.Context, cfg any) ([]port.ChannelSender, error) {
				c, ok := cfg.(*coopConfig)
				if !ok {
					return nil, errors.New("another configuration")
				}
				if c.URL != "" {
					if answer, err := (&http.Client{}).Head(c.URL); err == nil {
						_ = answer.Body.Close()
					}
				}
				return open(ctx, cfg)
			}
		}, calls},
		"is always open": {func(p *port.Provider) {
			open := p.Open
			p.Open = func(ctx context.Context, _ any) ([]port.ChannelSender, error) {
				return open(ctx, &coopConfig{URL: nowhere})
			}
		}, nothing},
		"opens a channel of no kind":     {opens(func(s *port.ChannelSender) { s.Channel.Kind = "" }), valid},
		"opens a channel without a name": {opens(func(s *port.ChannelSender) { s.Channel.Name = "" }), valid},
		"brings SMS to addresses": {opens(func(s *port.ChannelSender) {
			s.Channel = domain.Channel{Name: "sms", Kind: domain.KindEmail}
		}), valid},
		"opens a channel without sender": {opens(func(s *port.ChannelSender) { s.Sender = nil }), valid},
		"says that it is another":        {opens(func(s *port.ChannelSender) { s.Provider = "acme" }), valid},
		"lists no channel":               {func(p *port.Provider) { p.Channels = nil }, channels},
		"lists a channel it has not":     {func(p *port.Provider) { p.Channels = append(p.Channels, "sms") }, channels},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, CheckProvider(coop(row.spoil)), row.breaks)
		})
	}
}

func TestProvider_seesBadTags(t *testing.T) {
	t.Parallel()
	for what, config := range map[string]any{
		"no key": &struct {
			URL string `doc:"x."`
		}{},
		"a key in upper case": &struct {
			URL string `yaml:"URL" doc:"x."`
		}{},
		"no sentence": &struct {
			URL string `yaml:"url"`
		}{},
		"no end of a sentence": &struct {
			URL string `yaml:"url" doc:"x"`
		}{},
		"a token that shows": &struct {
			Token string `yaml:"auth_token" doc:"x."`
		}{},
	} {
		setup := coop(func(p *port.Provider) { p.Config = func() any { return config } })
		require.Contains(t, CheckProvider(setup), goodTags, what)
	}
	public := &struct {
		Key string `yaml:"public_key" doc:"x."`
	}{}
	require.NotContains(t, CheckProvider(coop(func(p *port.Provider) { p.Config = func() any { return public } })),
		goodTags)
}
