package wiring

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/console"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/domain"
)

// plugged is what the providers serve, once they are open.
type plugged struct {
	config   *config.Config
	channels []domain.Channel // the product's, then those that providers add
	senders  []port.ChannelSender
	closed   map[string]bool // providers that could not be opened; nothing is known of them
	mistakes config.Mistakes
	warnings config.Mistakes
}

// OpenChannels opens the providers and returns the senders of every channel, in
// the order in which they are tried. What the configuration gets wrong about them
// is the error, as config.Mistakes.
func OpenChannels(ctx context.Context, c *config.Config) ([]port.ChannelSender, error) {
	senders, warnings, mistakes := OpenProviders(ctx, c, nil)
	c.Warnings = append(c.Warnings, warnings...)
	if err := mistakes.OrNil(); err != nil {
		return nil, err
	}
	return senders, nil
}

// OpenProviders opens every provider and chooses the senders of each channel.
// Providers whose sections are among the mistakes that are known already stay
// closed, and nothing is said about what they would have served.
func OpenProviders(ctx context.Context, c *config.Config, before config.Mistakes) (senders []port.ChannelSender, warnings, mistakes config.Mistakes) {
	p := &plugged{config: c, channels: slices.Clone(domain.KnownChannels), closed: map[string]bool{}}
	for _, provider := range config.Providers(c) {
		p.open(ctx, provider, before)
	}
	p.checkNames()
	for _, channel := range p.channels {
		senders = append(senders, p.choose(channel)...)
	}
	if c.Environment == config.Production && config.Keys(c).Origin("email.from") == "" && slices.ContainsFunc(senders, sendsMail) {
		p.warnings = append(p.warnings, config.Mistake{
			Key: "email.from", Problem: "not set, in production: codes come from " + c.Email.From, Cure: "give the address that codes are sent from, such as login@example.com",
		})
	}
	if c.Environment == config.Production && len(senders) == 0 && len(p.closed) == 0 && len(p.mistakes) == 0 {
		p.mistake("email"+config.ProvidersKey, "no channel has a provider",
			"set up a provider for one channel at least, or name console to read codes from the server's output")
	}
	return senders, p.warnings, p.mistakes
}

// sendsMail reports whether a sender brings e-mail to somebody, and not to the
// console.
func sendsMail(s port.ChannelSender) bool {
	return s.Channel.Name == domain.ChannelEmail && s.Provider != console.Provider.Name
}

func (p *plugged) mistake(key, problem, cure string) {
	p.mistakes = append(p.mistakes, config.Mistake{Key: key, Origin: config.Keys(p.config).Origin(key), Problem: problem, Cure: cure})
}

// open opens one provider and learns its channels.
func (p *plugged) open(ctx context.Context, provider port.Provider, before config.Mistakes) {
	if slices.ContainsFunc(before, func(m config.Mistake) bool { return strings.HasPrefix(m.Key, provider.Name+".") }) {
		p.closed[provider.Name] = true
		return
	}
	senders, err := provider.Open(ctx, config.Section(p.config, provider.Name))
	if err != nil {
		p.closed[provider.Name] = true
		p.mistake(provider.Name, "the provider cannot be opened", err.Error())
		return
	}
	for _, s := range senders {
		s.Provider = provider.Name
		if s.Sender == nil || s.Channel.Name != domain.ChannelAny && !p.learn(s.Channel) {
			p.mistake(provider.Name, fmt.Sprintf("serves the channel %q, which cannot be", s.Channel.Name),
				"ask its maker: a channel has a name of a-z, 0-9 and _, one kind everywhere, and a sender")
			continue
		}
		p.senders = append(p.senders, s)
	}
}

// learn takes note of a channel, and reports whether there can be such a one.
func (p *plugged) learn(channel domain.Channel) bool {
	for _, known := range p.channels {
		if known.Name == channel.Name {
			return known.Kind == channel.Kind
		}
	}
	p.channels = append(p.channels, channel)
	return channel.Name.Valid() && (channel.Kind == domain.KindEmail || channel.Kind == domain.KindPhone)
}

// checkNames holds the names of channels in the configuration against those that
// there are.
func (p *plugged) checkNames() {
	for _, name := range config.OtherChannels(p.config) {
		path := string(name) + config.ProvidersKey
		if p.find(name).Name != "" || len(p.closed) > 0 {
			continue
		}
		m := config.Keys(p.config).Unknown(path, config.Keys(p.config).Origin(path))
		m.Problem, m.Cure = "no provider serves a channel "+string(name), "take it out"
		if strings.HasPrefix(m.Origin, config.VariablePrefix) { // an unknown variable is none of our business
			p.warnings = append(p.warnings, m)
			continue
		}
		p.mistakes = append(p.mistakes, m)
	}
	var others []string
	for _, name := range p.config.Phone.Channels {
		channel := p.find(name)
		if channel.Kind != domain.KindPhone && (channel.Name != "" || len(p.closed) == 0) && name.Valid() {
			others = append(others, string(name))
		}
	}
	if len(others) > 0 {
		p.mistake("phone.channels", "names "+strings.Join(others, ", ")+", which cannot reach phones", "name channels such as sms,whatsapp,voice")
	}
}

// find is the channel of a name, zero if there is none.
func (p *plugged) find(name domain.ChannelName) domain.Channel {
	for _, channel := range p.channels {
		if channel.Name == name {
			return channel
		}
	}
	return domain.Channel{}
}

// choose is the senders of one channel, in the order in which they are tried:
// those that are named, else those that are set up for it. A sender that serves
// every channel is only chosen where there is no other, and in production only by
// name.
func (p *plugged) choose(channel domain.Channel) []port.ChannelSender {
	if names := config.ProvidersOf(p.config, channel.Name); len(names) > 0 {
		return p.named(channel, names)
	}
	var chosen, fallback []port.ChannelSender
	for _, s := range p.senders {
		switch s.Channel.Name {
		case channel.Name:
			chosen = append(chosen, s)
		case domain.ChannelAny:
			s.Channel = channel
			fallback = append(fallback, s)
		}
	}
	if len(chosen) == 0 && p.config.Environment != config.Production {
		return fallback
	}
	return chosen
}

func (p *plugged) named(channel domain.Channel, names []string) []port.ChannelSender {
	key := string(channel.Name) + config.ProvidersKey
	var chosen []port.ChannelSender
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			p.mistake(key, "names "+name+" twice", "name each provider once")
			return nil
		}
		if p.closed[name] {
			continue
		}
		sender, ok := p.sender(channel, name)
		able := p.able(channel.Name)
		switch {
		case config.Section(p.config, name) == nil:
			p.mistakes = append(p.mistakes, config.Mistake{
				Key: key, Origin: config.Keys(p.config).Origin(key), Value: config.Keys(p.config).Quote(key),
				Problem: "names a provider that there is not", Cure: "name one of " + strings.Join(able, ", "),
			})
			return nil
		case !ok && !slices.Contains(able, name):
			p.mistake(key, "names "+name+", which does not serve this channel", "name one of "+strings.Join(able, ", "))
			return nil
		case !ok:
			p.mistake(key, "names "+name+", which is not set up for this channel", "set up "+name+" (see its keys in the documentation), or take it out")
			return nil
		}
		chosen = append(chosen, sender)
	}
	return chosen
}

func (p *plugged) sender(channel domain.Channel, provider string) (port.ChannelSender, bool) {
	for _, s := range p.senders {
		if s.Provider == provider && (s.Channel.Name == channel.Name || s.Channel.Name == domain.ChannelAny) {
			s.Channel = channel
			return s, true
		}
	}
	return port.ChannelSender{}, false
}

// able are the providers that serve a channel where they are set up for it. Of one whose
// maker does not say so, and that is not set up, nothing is known: it may.
func (p *plugged) able(channel domain.ChannelName) []string {
	var names []string
	for _, provider := range config.Providers(p.config) {
		channels := provider.Channels
		if len(channels) == 0 {
			for _, s := range p.senders {
				if s.Provider == provider.Name {
					channels = append(channels, s.Channel.Name)
				}
			}
		}
		if len(channels) == 0 || slices.Contains(channels, channel) || slices.Contains(channels, domain.ChannelAny) {
			names = append(names, provider.Name)
		}
	}
	return names
}
