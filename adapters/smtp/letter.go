package smtp

import (
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/doorcode-auth/doorcode/application/port"
)

// letter is an e-mail in its envelope.
type letter struct {
	from, to string // as MAIL and RCPT name them: in angle brackets
	host     string // that the sender is at, and that we say to be
	id       string // its Message-ID
	content  *mail.Msg
}

// writeLetter makes the e-mail of a message. Its Message-ID and its date are those of
// the delivery, whenever it is written.
func writeLetter(m port.CodeMessage) (letter, error) {
	text, err := m.Compose()
	if err != nil {
		return letter{}, err
	}
	from, err := mailbox(text.From)
	if err != nil {
		return letter{}, err
	}
	to := &netmail.Address{Address: m.To.Value()}
	_, host, _ := strings.Cut(from.Address, "@")
	l := letter{
		from: (&netmail.Address{Address: from.Address}).String(), to: to.String(), host: host,
		id: "<" + m.DeliveryID + "@" + host + ">", content: mail.NewMsg(mail.WithNoDefaultUserAgent()),
	}
	l.content.FromMailAddress(from)
	l.content.ToMailAddress(to)
	l.content.Subject(text.Subject)
	l.content.SetDateWithValue(m.ExpiresAt.Add(-m.ExpiresIn).UTC())
	l.content.SetMessageIDWithValue(strings.Trim(l.id, "<>"))
	l.content.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday replies
	l.content.SetBodyString(mail.TypeTextPlain, text.Body)
	if text.HTML != "" {
		l.content.AddAlternativeString(mail.TypeTextHTML, text.HTML)
	}
	return l, nil
}

// mailbox is who a letter is from. An address that is more than one could write lines
// of its own into the letter.
func mailbox(from port.Mailbox) (*netmail.Address, error) {
	if from.Address == "" {
		return nil, errors.New("it is from nobody: set email.from")
	}
	parsed, err := netmail.ParseAddress(from.Address)
	if err != nil || parsed.Address != from.Address || strings.ContainsFunc(from.Address, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("it is from %.60q: set email.from to one bare address", from.Address)
	}
	return &netmail.Address{Name: from.Name, Address: from.Address}, nil
}
