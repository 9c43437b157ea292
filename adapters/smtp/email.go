package smtp

import (
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/doorcode-auth/doorcode/application/port"
)

// email is an e-mail with its envelope.
type email struct {
	from, to string // parameters of MAIL and RCPT, in angle brackets
	host     string // domain of the sender, for EHLO
	id       string // Message-ID
	content  *mail.Msg
}

// newEmail composes the e-mail of a message. Message-ID and Date depend on the delivery
// only.
func newEmail(m port.CodeMessage) (email, error) {
	text, err := m.Compose()
	if err != nil {
		return email{}, err
	}
	from, err := mailbox(text.From)
	if err != nil {
		return email{}, err
	}
	to := &netmail.Address{Address: m.To.Value()}
	_, host, _ := strings.Cut(from.Address, "@")
	e := email{
		from: (&netmail.Address{Address: from.Address}).String(), to: to.String(), host: host,
		id: "<" + m.DeliveryID + "@" + host + ">", content: mail.NewMsg(mail.WithNoDefaultUserAgent()),
	}
	e.content.FromMailAddress(from)
	e.content.ToMailAddress(to)
	e.content.Subject(text.Subject)
	e.content.SetDateWithValue(m.ExpiresAt.Add(-m.ExpiresIn).UTC())
	e.content.SetMessageIDWithValue(strings.Trim(e.id, "<>"))
	e.content.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no automatic replies
	e.content.SetGenHeader("X-Auto-Response-Suppress", "All")  // Exchange's form of it
	e.content.SetBodyString(mail.TypeTextPlain, text.Body)
	if text.HTML != "" {
		e.content.AddAlternativeString(mail.TypeTextHTML, text.HTML)
	}
	return e, nil
}

// mailbox is the sender of an e-mail. It accepts one bare address only, so that it cannot
// inject header lines.
func mailbox(from port.Mailbox) (*netmail.Address, error) {
	if from.Address == "" {
		return nil, errors.New("it has no sender: set email.from")
	}
	parsed, err := netmail.ParseAddress(from.Address)
	notASCII := func(r rune) bool { return r <= ' ' || r > '~' }
	if err != nil || parsed.Address != from.Address || strings.ContainsFunc(from.Address, notASCII) {
		return nil, fmt.Errorf("it is from %.60q: set email.from to one bare address", from.Address)
	}
	return &netmail.Address{Name: from.Name, Address: from.Address}, nil
}
