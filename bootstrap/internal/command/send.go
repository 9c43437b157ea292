package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/adapters/message"
	"github.com/doorcode-auth/doorcode/adapters/phonenumbers"
	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
	"github.com/doorcode-auth/doorcode/domain"
)

// sendTest is the flags of send test.
type sendTest struct{ channel, to, locale string }

// sendCommand sends a real message by the providers of a channel, or of the default
// route, and reports each step. Its code is no secret of a user; the message is not
// counted, and no database is needed.
func (p *program) sendCommand() *cobra.Command {
	var s sendTest
	test := &cobra.Command{
		Use:   "test",
		Short: "Send a real message by the configured providers, and report the outcome",
		Long: "Send a real message by the configured providers, and report the outcome step by step. It is the usual\n" +
			"message with a code that opens nothing. Nothing is counted, and no database is needed. Exits with 0 if it\n" +
			"was sent, with 1 if not or if the outcome is unknown.",
	}
	flags := test.Flags()
	flags.StringVar(&s.channel, "channel", "", "email, sms, whatsapp ... (default: as for a request that names none)")
	flags.StringVar(&s.to, "to", "", "an e-mail address, or a phone number such as +15551234567")
	flags.StringVar(&s.locale, "locale", "", "the language, such as de or pt-BR")
	return group("send", "Send messages", p.command(test, func(ctx context.Context, _ []string) (output, error) {
		return p.sendTest(ctx, s)
	}))
}

// sendReport is the result of send test.
type sendReport struct {
	Sent      bool              `json:"sent"`
	Channel   string            `json:"channel,omitempty"`  // that carried it, or was tried last
	Provider  string            `json:"provider,omitempty"` // the same
	Result    domain.SendResult `json:"result,omitempty"`
	MessageID string            `json:"message_id,omitempty"` // the provider's name for it
	Steps     []sendStep        `json:"steps"`
}

// sendStep is one step of send test.
type sendStep struct {
	Step  string `json:"step"`
	OK    bool   `json:"ok"`
	Text  string `json:"text"`
	Cause string `json:"cause,omitempty"` // in the words of the provider
	Cure  string `json:"cure,omitempty"`
}

func (r *sendReport) add(step string, ok bool, text, cause, cure string) {
	r.Steps = append(r.Steps, sendStep{step, ok, text, cause, cure})
}

func (p *program) sendTest(ctx context.Context, s sendTest) (output, error) {
	to, err := domain.ParseIdentifier(s.to)
	if err != nil {
		return output{}, fmt.Errorf("%w: --to wants an e-mail address, or a phone number such as +15551234567", errUsage)
	}
	cfg, err := p.configure(ctx)
	if err != nil {
		return output{}, err
	}
	senders, err := wiring.OpenChannels(ctx, cfg)
	if err != nil {
		return output{}, err
	}
	to = (&phonenumbers.Policy{}).Canonical(to)
	channel := domain.ChannelName(s.channel)
	if !reaches(senders, channel, to.Kind()) {
		return output{}, fmt.Errorf("%w: --channel wants the name of a channel that reaches this recipient, such as %s",
			errUsage, joined(namesFor(senders, to.Kind()), ", "))
	}
	in := delivery.SampleIn{To: to, Channel: channel, Locale: s.locale}
	out, err := sendSample(ctx, cfg, p.redirected(senders), in)
	report := explain(cfg, to, out, err)
	err = nil
	switch {
	case report.Sent:
	case report.Result != "" && !report.Result.Refused():
		err = errors.New("the outcome is unknown: the message may have been sent")
	default:
		err = errors.New("the message was not sent")
	}
	return output{report.page(cfg.OTP.Length), report}, err
}

// sendSample sends over the adapters that this needs, and no others.
func sendSample(
	ctx context.Context, cfg *config.Config, senders []port.ChannelSender, in delivery.SampleIn,
) (delivery.SampleOut, error) {
	messages, err := message.New(config.Messages(cfg))
	if err != nil {
		return delivery.SampleOut{}, err
	}
	phones, err := phonenumbers.New(config.PhoneNumbers(cfg))
	if err != nil {
		return delivery.SampleOut{}, err
	}
	routes := delivery.NewRoutes(senders, cfg.Phone.Channels)
	return delivery.NewSendSample(routes, delivery.SamplePorts{
		PhoneNumbers: phones, Messages: messages, Clock: system.Clock{}, Random: system.Random{},
	}, delivery.SampleConfig{
		Digits: cfg.OTP.Length, Lifetime: cfg.OTP.Expiration, Total: cfg.Send.Total,
	}).Do(ctx, in)
}

// redirected makes senders that print messages do so where this command prints; beside
// JSON, on standard error.
func (p *program) redirected(senders []port.ChannelSender) []port.ChannelSender {
	to := p.stdout
	if p.json {
		to = p.stderr
	}
	senders = slices.Clone(senders)
	for i, sender := range senders {
		if printer, ok := sender.Sender.(wiring.MessagePrinter); ok {
			senders[i].Sender = printer.PrintingTo(to)
		}
	}
	return senders
}

// reaches reports whether a channel can reach a kind of recipient, whether it is set
// up or not.
func reaches(senders []port.ChannelSender, name domain.ChannelName, kind domain.Kind) bool {
	return name == "" || name == domain.ChannelPhone && kind == domain.KindPhone ||
		slices.Contains(namesFor(senders, kind), name)
}

// namesFor are the channels that reach a kind: the product's, then those that are
// served.
func namesFor(senders []port.ChannelSender, kind domain.Kind) (names []domain.ChannelName) {
	all := slices.Clone(domain.KnownChannels)
	for _, s := range senders {
		all = append(all, s.Channel)
	}
	for _, channel := range all {
		if channel.Kind == kind && !slices.Contains(names, channel.Name) {
			names = append(names, channel.Name)
		}
	}
	return names
}

// explain reports a sample step by step.
func explain(cfg *config.Config, to domain.Identifier, out delivery.SampleOut, err error) *sendReport {
	r := &sendReport{}
	r.add("configuration", true, "good, environment "+string(cfg.Environment), "", "")
	switch allowed := strings.Join(cfg.Phone.Countries, ","); {
	case !out.Allowed:
		fault := domain.AsError(err)
		r.add("recipient", false, to.Masked()+" is refused", cause(fault.Err), fault.Cure+"; phone.countries is "+allowed)
		return r
	case to.Kind() == domain.KindPhone:
		r.add("recipient", true, to.Masked()+" may be written to (phone.countries is "+allowed+")", "", "")
	default:
		r.add("recipient", true, to.Masked()+" may be written to", "", "")
	}
	if err != nil {
		r.add("route", false, "no provider serves this channel", "",
			"set up a provider of it (docs/configuration.md), or name another channel: "+domain.AsError(err).Cure)
		return r
	}
	r.add("route", true, routeInWords(out.Route), "", "")
	for _, a := range out.Attempts {
		answer := answers[a.Outcome.Result]
		ok := a.Outcome.Result.Accepted()
		says, cure := cause(a.Outcome.Err), answer.cure
		if own, ok := errors.AsType[withCure](a.Outcome.Err); ok && own.Cure() != "" {
			says, cure = strings.TrimSuffix(says, ": "+own.Cure()), own.Cure()
		}
		r.add(string(a.Channel)+" by "+a.Provider, ok, answer.text+" ("+string(a.Outcome.Result)+")", says, cure)
		r.Sent, r.Channel, r.Provider, r.Result, r.MessageID = ok, string(a.Channel), a.Provider, a.Outcome.Result,
			a.Outcome.MessageID
	}
	return r
}

// withCure is an error of an adapter with a cure that is more specific than that of the
// result.
type withCure interface {
	error
	Cure() string
}

func cause(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func routeInWords(route delivery.Route) string {
	var list []string
	for _, s := range route {
		list = append(list, string(s.Channel.Name)+" by "+s.Provider)
	}
	return strings.Join(list, ", then ")
}

// answers explains the results of providers to an operator.
var answers = map[domain.SendResult]struct{ text, cure string }{
	domain.SendAccepted: {"the provider has taken the message", ""},
	domain.SendTest:     {"printed and not sent, as the test mode of the provider wants it", ""},
	domain.SendInvalidRecipient: {
		"the provider cannot reach this recipient",
		"check that the address is right, and that it takes messages of this kind",
	},
	domain.SendNotOnChannel: {"the recipient is not on this channel", "send it by another channel"},
	domain.SendRejected:     {"the provider refuses the message", "look at what it says, and at its own log of messages"},
	domain.SendUnsupported:  {"the provider cannot do this", "check the sender, and the permissions of the account"},
	domain.SendRateLimited:  {"the provider is asked too often", "wait, or ask the provider for a higher limit"},
	domain.SendAuthenticationFailed: {
		"the provider does not know our credentials",
		"correct them in the configuration; a key that was replaced is good no more",
	},
	domain.SendUnreachable: {
		"no connection to the provider that is of use, so nothing was sent",
		"look whether its address is right, and whether this machine may connect to it",
	},
	domain.SendTimeout: {"no answer in time; the message may have been sent", checkArrival},
	domain.SendUnknown: {"an answer that says nothing; the message may have been sent", checkArrival},
}

const checkArrival = "look whether it has arrived, and at the provider's own log, before you try again"

// page is the text of a report.
func (r *sendReport) page(digits int) string {
	var b strings.Builder
	for _, s := range r.Steps {
		mark := "ok     "
		if !s.OK {
			mark = "failed "
		}
		fmt.Fprintf(&b, "%s %s: %s\n", mark, s.Step, s.Text)
		if s.Cause != "" {
			b.WriteString("        it says: " + s.Cause + "\n")
		}
		if s.Cure != "" {
			b.WriteString("        cure: " + s.Cure + "\n")
		}
	}
	if r.Sent {
		fmt.Fprintf(&b, "The message is the usual one; its code %s opens nothing.\n", delivery.SampleCode(digits).Reveal())
	}
	if r.MessageID != "" {
		b.WriteString("The provider calls it " + r.MessageID + ".\n")
	}
	return b.String()
}
