package command

import (
	"context"
	"fmt"
	"net/mail"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/adapters/message"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
	"github.com/doorcode-auth/doorcode/domain"
)

// messagePreview is the flags of message preview.
type messagePreview struct{ channel, purpose, locale, html string }

// messageCommand prints the message of a channel, a purpose and a locale as it would be
// sent, with a sample code. With --html it writes the page of an e-mail into a file.
func (p *program) messageCommand() *cobra.Command {
	var m messagePreview
	preview := &cobra.Command{
		Use:   "preview",
		Short: "Print a message as it would be sent, with a sample code",
		Long: "Print a message as it would be sent, with a sample code. The texts are those of the product and of\n" +
			"message.dir; docs/messages.md tells how to change them.",
	}
	flags := preview.Flags()
	flags.StringVar(&m.channel, "channel", string(domain.ChannelEmail), "email, sms, whatsapp ...")
	flags.StringVar(&m.purpose, "purpose", string(domain.PurposeSignIn), "what the code is for")
	flags.StringVar(&m.locale, "locale", "", "the language, such as de or pt-BR, or an Accept-Language")
	flags.StringVar(&m.html, "html", "", "path of a `file` for the page of an e-mail")
	return group("message", "Preview messages", p.command(preview, p.configured(
		func(ctx context.Context, cfg *config.Config) (output, error) { return previewMessage(ctx, cfg, m) },
	)))
}

// The recipients of previews: example addresses.
const (
	previewEmail = "ada@example.com"
	previewPhone = "+12025550123"
)

// preview is a message as it would be sent.
type preview struct {
	Channel  string `json:"channel"`
	Purpose  string `json:"purpose"`
	Language string `json:"language"`
	From     string `json:"from,omitempty"`
	Subject  string `json:"subject,omitempty"`
	Body     string `json:"body"`
	HTML     string `json:"html,omitempty"`
	Alphabet string `json:"alphabet,omitempty"` // of an SMS
	Units    int    `json:"units,omitempty"`    // of at most Most
	Most     int    `json:"most,omitempty"`
}

func previewMessage(ctx context.Context, cfg *config.Config, m messagePreview) (output, error) {
	senders, _, _ := wiring.OpenProviders(ctx, cfg, nil) // their mistakes do not change messages
	channel := domain.Channel{Name: domain.ChannelName(m.channel), Kind: domain.KindPhone}
	names := namesFor(senders, channel.Kind)
	switch {
	case reaches(senders, channel.Name, domain.KindEmail):
		channel.Kind = domain.KindEmail
	case !slices.Contains(names, channel.Name):
		return output{}, fmt.Errorf("%w: --channel wants email, %s", errUsage, joined(names, ", "))
	case m.html != "":
		return output{}, fmt.Errorf("%w: --html is for e-mails: the message of %s has no page", errUsage, channel.Name)
	}
	composed, err := m.compose(cfg, channel)
	if err == nil && m.html != "" {
		if err = os.WriteFile(m.html, []byte(composed.HTML), 0o644); err != nil {
			err = fmt.Errorf("write the page: %w", err)
		}
	}
	if err != nil {
		return output{}, err
	}
	return output{composed.page(m.html), composed}, nil
}

// compose makes the message.
func (m messagePreview) compose(cfg *config.Config, channel domain.Channel) (preview, error) {
	messages, err := message.New(config.Messages(cfg))
	if err != nil {
		return preview{}, err
	}
	if known := messages.Purposes(); !slices.Contains(known, domain.Purpose(m.purpose)) {
		return preview{}, fmt.Errorf("%w: --purpose wants %s", errUsage, joined(known, " or "))
	}
	address := previewPhone
	if channel.Kind == domain.KindEmail {
		address = previewEmail
	}
	to, err := domain.ParseIdentifier(address)
	if err != nil {
		return preview{}, err
	}
	text, err := messages.ComposeCode(port.CodeMessage{
		Channel: channel.Name, To: to, Code: delivery.SampleCode(cfg.OTP.Length), Purpose: domain.Purpose(m.purpose),
		Locale: m.locale, ExpiresIn: cfg.OTP.Expiration,
	})
	if err != nil {
		return preview{}, err
	}
	p := preview{
		Channel: string(channel.Name), Purpose: m.purpose, Language: messages.Language(m.locale),
		Subject: text.Subject, Body: text.Body, HTML: text.HTML,
	}
	if text.From.Address != "" {
		p.From = (&mail.Address{Name: text.From.Name, Address: text.From.Address}).String()
	}
	if channel.Name == domain.ChannelSMS {
		size := domain.MeasureSMS(text.Body)
		p.Alphabet, p.Units, p.Most = string(size.Alphabet), size.Units, size.Most
	}
	return p, nil
}

// page is the text of a preview. file has its HTML, "" for none.
func (p preview) page(file string) string {
	var b strings.Builder
	title := fmt.Sprintf("--- %s, %s, language %s", p.Channel, p.Purpose, p.Language)
	if p.Alphabet != "" {
		title += fmt.Sprintf(", %s: %d of %d", p.Alphabet, p.Units, p.Most)
	}
	b.WriteString(title + " ---\n")
	if p.From != "" {
		b.WriteString("From: " + p.From + "\nSubject: " + p.Subject + "\n\n")
	}
	b.WriteString(strings.TrimSpace(p.Body) + "\n---\n")
	switch {
	case file != "":
		b.WriteString("The page (HTML) is in " + file + ".\n")
	case p.HTML != "":
		b.WriteString("Its page (HTML) is not shown: --html FILE writes it.\n")
	}
	return b.String()
}

// joined lists names.
func joined[T ~string](names []T, separator string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = string(name)
	}
	return strings.Join(list, separator)
}
