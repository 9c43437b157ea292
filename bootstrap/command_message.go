package bootstrap

import (
	"cmp"
	"context"
	"fmt"
	"net/mail"
	"os"
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/message"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Who the messages of a preview are to: nobody's addresses.
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
	Units    int    `json:"units,omitempty"`    // that it takes of
	Most     int    `json:"most,omitempty"`
}

// PreviewMessage prints the message of a channel, a purpose and a locale as it would
// be sent, with a code that is none. With HTML it writes the page of an e-mail into
// that file.
func (c *Command) PreviewMessage(ctx context.Context) error {
	channel := domain.ChannelName(cmp.Or(c.Channel, string(domain.ChannelEmail)))
	cfg, err := c.configure(ctx)
	if err != nil {
		return err
	}
	senders, _, _ := openProviders(ctx, cfg, nil) // with mistakes about them, messages are what they are
	kind := domain.KindPhone
	switch {
	case reaches(senders, channel, domain.KindEmail):
		kind = domain.KindEmail
	case !slices.Contains(namesFor(senders, kind), channel):
		return fmt.Errorf("%w: --channel wants email, %s", ErrUsage, joined(namesFor(senders, kind), ", "))
	case c.HTML != "":
		return fmt.Errorf("%w: --html is for e-mails: the message of %s has no page", ErrUsage, channel)
	}
	p, err := cfg.preview(domain.Channel{Name: channel, Kind: kind}, domain.Purpose(cmp.Or(c.Purpose, string(domain.PurposeSignIn))), c.Locale)
	if err != nil {
		return err
	}
	if c.HTML != "" {
		if err := os.WriteFile(c.HTML, []byte(p.HTML), 0o644); err != nil {
			return fmt.Errorf("write the page: %w", err)
		}
	}
	if c.JSON {
		return c.printJSON(p)
	}
	return c.print(p.page(c.HTML))
}

// preview writes a message.
func (c *Config) preview(channel domain.Channel, purpose domain.Purpose, locale string) (preview, error) {
	messages, err := message.New(messageConfig(c))
	if err != nil {
		return preview{}, err
	}
	if known := messages.Purposes(); !slices.Contains(known, purpose) {
		return preview{}, fmt.Errorf("%w: --purpose wants %s", ErrUsage, joined(known, " or "))
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
		Channel: channel.Name, To: to, Code: delivery.SampleCode(c.OTP.Length), Purpose: purpose, Locale: locale, ExpiresIn: c.OTP.Expiration,
	})
	if err != nil {
		return preview{}, err
	}
	p := preview{
		Channel: string(channel.Name), Purpose: string(purpose), Language: messages.Language(locale),
		Subject: text.Subject, Body: text.Body, HTML: text.HTML,
	}
	if text.From.Address != "" {
		p.From = (&mail.Address{Name: text.From.Name, Address: text.From.Address}).String()
	}
	if channel.Name == domain.ChannelSMS {
		size := message.Measure(text.Body)
		p.Alphabet, p.Units, p.Most = size.Alphabet, size.Units, size.Most
	}
	return p, nil
}

// page is a preview for people. file is where its HTML is, "" for nowhere.
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
