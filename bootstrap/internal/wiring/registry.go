package wiring

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/console"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/domain"
)

// registry holds the open providers and the channels that they serve.
type registry struct {
	config   *config.Config
	channels []domain.Channel // the product's, then those that providers add
	senders  []port.ChannelSender
	failed   map[string]bool // providers that could not be opened
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
// Providers with known mistakes in their sections are not opened, and no mistake is
// reported about the channels that they would serve.
func OpenProviders(
	ctx context.Context, c *config.Config, before config.Mistakes,
) (senders []port.ChannelSender, warnings, mistakes config.Mistakes) {
	r := &registry{config: c, channels: slices.Clone(domain.KnownChannels), failed: map[string]bool{}}
	for _, provider := range config.Providers(c) {
		r.open(ctx, provider, before)
	}
	r.recordPrinted()
	r.checkNames()
	for _, channel := range r.channels {
		senders = append(senders, r.choose(channel)...)
	}
	if c.Environment == config.Production && config.Keys(c).Origin("email.from") == "" &&
		slices.ContainsFunc(senders, sendsMail) {
		r.warnings = append(r.warnings, config.Mistake{
			Key: "email.from", Problem: "not set, in production: codes come from " + c.Email.From,
			Cure: "give the address that codes are sent from, such as login@example.com",
		})
	}
	if c.Environment == config.Production && len(senders) == 0 && len(r.failed) == 0 && len(r.mistakes) == 0 {
		r.mistake("email"+config.ProvidersKey, "no channel has a provider",
			"set up a provider for one channel at least, or name console to read codes from the server's output")
	}
	return senders, r.warnings, r.mistakes
}

// sendsMail reports whether a sender delivers e-mail, and does not print it.
func sendsMail(s port.ChannelSender) bool {
	return s.Channel.Name == domain.ChannelEmail && s.Provider != console.Provider.Name
}

func (r *registry) mistake(key, problem, cure string) {
	origin := config.Keys(r.config).Origin(key)
	r.mistakes = append(r.mistakes, config.Mistake{Key: key, Origin: origin, Problem: problem, Cure: cure})
}

// MessagePrinter is a sender that prints messages instead of sending them: the console, or a provider in test mode.
type MessagePrinter interface {
	port.CodeSender
	PrintingTo(w io.Writer) port.CodeSender
}

// recorder is a printer whose messages are appended to console.file too.
type recorder struct {
	port.CodeSender // printer, or a redirected one
	printer         MessagePrinter
	file            port.CodeSender // the console without its terminal
}

// PrintingTo implements MessagePrinter.
func (r recorder) PrintingTo(w io.Writer) port.CodeSender {
	return recorder{r.printer.PrintingTo(w), r.printer, r.file}
}

// Send appends a message to the file before it is printed, as the console does.
func (r recorder) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	if out := r.file.Send(ctx, m); !out.Result.Accepted() {
		return out
	}
	return r.CodeSender.Send(ctx, m)
}

// recordPrinted makes providers in test mode write to the file of the console.
func (r *registry) recordPrinted() {
	terminal, ok := r.sender(domain.Channel{Name: domain.ChannelAny}, console.Provider.Name)
	printer, prints := terminal.Sender.(MessagePrinter)
	if !ok || !prints {
		return
	}
	for i, s := range r.senders {
		if other, prints := s.Sender.(MessagePrinter); prints && s.Provider != console.Provider.Name {
			r.senders[i].Sender = recorder{other, other, printer.PrintingTo(io.Discard)}
		}
	}
}

// open opens one provider and registers its channels.
func (r *registry) open(ctx context.Context, provider port.Provider, before config.Mistakes) {
	if slices.ContainsFunc(before, func(m config.Mistake) bool { return strings.HasPrefix(m.Key, provider.Name+".") }) {
		r.failed[provider.Name] = true
		return
	}
	senders, err := provider.Open(ctx, config.Section(r.config, provider.Name))
	if err != nil {
		r.failed[provider.Name] = true
		r.mistake(provider.Name, "the provider cannot be opened", err.Error())
		return
	}
	for _, s := range senders {
		s.Provider = provider.Name
		if s.Sender == nil || s.Channel.Name != domain.ChannelAny && !r.registerChannel(s.Channel) {
			r.mistake(provider.Name, fmt.Sprintf("serves the channel %q, which cannot be", s.Channel.Name),
				"ask its maker: a channel has a name of a-z, 0-9 and _, one kind everywhere, and a sender")
			continue
		}
		r.senders = append(r.senders, s)
	}
}

// registerChannel adds a channel, and reports whether it is valid.
func (r *registry) registerChannel(channel domain.Channel) bool {
	if known := r.find(channel.Name); known.Name != "" {
		return known.Kind == channel.Kind
	}
	r.channels = append(r.channels, channel)
	return channel.Name.Valid() && (channel.Kind == domain.KindEmail || channel.Kind == domain.KindPhone)
}

// checkNames checks the names of channels in the configuration.
func (r *registry) checkNames() {
	for _, name := range config.Channels(r.config) {
		path := string(name) + config.ProvidersKey
		if r.find(name).Name != "" || len(r.failed) > 0 {
			continue
		}
		m := config.Keys(r.config).Unknown(path, config.Keys(r.config).Origin(path))
		m.Problem, m.Cure = "no provider serves a channel "+string(name), "take it out"
		if strings.HasPrefix(m.Origin, config.VariablePrefix) { // an unknown variable is a warning
			r.warnings = append(r.warnings, m)
			continue
		}
		r.mistakes = append(r.mistakes, m)
	}
	var others []string
	for _, name := range r.config.Phone.Channels {
		channel := r.find(name)
		if channel.Kind != domain.KindPhone && (channel.Name != "" || len(r.failed) == 0) && name.Valid() {
			others = append(others, string(name))
		}
	}
	if len(others) > 0 {
		r.mistake("phone.channels", "names "+strings.Join(others, ", ")+", which cannot reach phones",
			"name channels such as sms,whatsapp,voice")
	}
}

// find is the channel of a name, zero if there is none.
func (r *registry) find(name domain.ChannelName) domain.Channel {
	for _, channel := range r.channels {
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
func (r *registry) choose(channel domain.Channel) []port.ChannelSender {
	if names := config.ProvidersOf(r.config, channel.Name); len(names) > 0 {
		return r.named(channel, names)
	}
	var chosen, fallback []port.ChannelSender
	for _, s := range r.senders {
		switch s.Channel.Name {
		case channel.Name:
			chosen = append(chosen, s)
		case domain.ChannelAny:
			s.Channel = channel
			fallback = append(fallback, s)
		}
	}
	if len(chosen) == 0 && r.config.Environment != config.Production {
		return fallback
	}
	return chosen
}

func (r *registry) named(channel domain.Channel, names []string) []port.ChannelSender {
	key := string(channel.Name) + config.ProvidersKey
	var chosen []port.ChannelSender
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			r.mistake(key, "names "+name+" twice", "name each provider once")
			return nil
		}
		if r.failed[name] {
			continue
		}
		sender, ok := r.sender(channel, name)
		able := r.able(channel.Name)
		switch {
		case config.Section(r.config, name) == nil:
			r.mistakes = append(r.mistakes, config.Mistake{
				Key: key, Origin: config.Keys(r.config).Origin(key), Value: config.Keys(r.config).Quote(key),
				Problem: "names a provider that there is not", Cure: "name one of " + strings.Join(able, ", "),
			})
			return nil
		case !ok && !slices.Contains(able, name):
			r.mistake(key, "names "+name+", which does not serve this channel", "name one of "+strings.Join(able, ", "))
			return nil
		case !ok:
			r.mistake(key, "names "+name+", which is not set up for this channel",
				"set up "+name+" (see its keys in the documentation), or take it out")
			return nil
		}
		chosen = append(chosen, sender)
	}
	return chosen
}

func (r *registry) sender(channel domain.Channel, provider string) (port.ChannelSender, bool) {
	for _, s := range r.senders {
		if s.Provider == provider && (s.Channel.Name == channel.Name || s.Channel.Name == domain.ChannelAny) {
			s.Channel = channel
			return s, true
		}
	}
	return port.ChannelSender{}, false
}

// able returns the providers that serve a channel once they are configured. A provider that
// declares no channels and is not configured may serve it too.
func (r *registry) able(channel domain.ChannelName) []string {
	var names []string
	for _, provider := range config.Providers(r.config) {
		channels := provider.Channels
		if len(channels) == 0 {
			for _, s := range r.senders {
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
