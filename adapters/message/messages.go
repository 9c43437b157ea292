package message

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.Messages = (*Messages)(nil)

// Messages writes messages. It is safe for concurrent use.
type Messages struct {
	config       Config
	phoneProduct string // the name as a short message can spell it, "" if it cannot
	boundHost    string // that short messages end with, "" for none
	letters      map[domain.Purpose]letter
	forms        sync.Map // form -> port.MessageText: all that has been written, but for the code
}

// form is what a text depends on, but for its code. There are few, for a code lives
// for a few minutes.
type form struct {
	purpose domain.Purpose
	kind    domain.Kind
	expiry  string
}

// blank stands for the code in a form: no template writes it, and none escapes it.
const blank = "\ue0c0"

// New reads the templates and writes each once to see that it can be written.
func New(cfg Config) (*Messages, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	m := &Messages{
		config: cfg, phoneProduct: gsm7(cfg.Product), boundHost: cfg.boundHost(),
		letters: map[domain.Purpose]letter{},
	}
	for _, purpose := range []domain.Purpose{domain.PurposeSignIn} {
		if m.letters[purpose], err = readLetter(purpose); err != nil {
			return nil, err
		}
		if err := m.try(purpose); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// ComposeCode writes the message that brings a code: an e-mail to an e-mail
// address, a short message to a phone number. It fails only for a message without
// code or recipient, or of a purpose that there is no text for, and the error does
// not show the code.
func (m *Messages) ComposeCode(msg port.CodeMessage) (port.MessageText, error) {
	l, ok := m.letters[msg.Purpose]
	code := msg.Code.Reveal()
	switch {
	case !ok:
		return port.MessageText{}, fmt.Errorf("compose message: there is no text for the purpose %q", msg.Purpose)
	case code == "":
		return port.MessageText{}, errors.New("compose message: it has no code")
	}
	text, err := m.form(l, form{msg.Purpose, msg.To.Kind(), expiry(msg.ExpiresIn)})
	if err != nil {
		return port.MessageText{}, err
	}
	for _, part := range []*string{&text.Subject, &text.Body, &text.HTML} {
		*part = strings.ReplaceAll(*part, blank, code)
	}
	if msg.To.Kind() == domain.KindPhone {
		text.Body = bind(text.Body, m.boundHost, code)
	}
	return text, nil
}

// form is a text without its code, written once.
func (m *Messages) form(l letter, f form) (text port.MessageText, err error) {
	if known, ok := m.forms.Load(f); ok {
		return known.(port.MessageText), nil
	}
	words := words{Product: m.config.Product, Code: blank, Expiry: f.expiry, CodeInSubject: m.config.CodeInSubject}
	switch f.kind {
	case domain.KindEmail:
		text, err = l.email(words)
		text.From = port.Mailbox{Name: m.config.FromName, Address: m.config.From}
	case domain.KindPhone:
		words.Product = m.phoneProduct
		text, err = l.phone(words)
	default:
		err = errors.New("compose message: it has no recipient")
	}
	if err == nil {
		m.forms.Store(f, text)
	}
	return text, err
}

// try writes every message of a purpose with a code that is none.
func (m *Messages) try(purpose domain.Purpose) error {
	for _, to := range []string{"try@example.com", "+15550100000"} {
		recipient, err := domain.ParseIdentifier(to)
		if err != nil {
			return err
		}
		sample := port.CodeMessage{
			Purpose: purpose, To: recipient, ExpiresIn: domain.MaxOTPLifetime,
			Code: domain.NewCode(strings.Repeat("0", domain.MaxCodeDigits)),
		}
		if _, err := m.ComposeCode(sample); err != nil {
			return err
		}
	}
	return nil
}

// expiry says how long a code is good for, to the nearest minute: a code of five
// minutes that took a moment to be written is one of five.
func expiry(left time.Duration) string {
	switch minutes := int(left.Round(time.Minute) / time.Minute); {
	case left < time.Minute:
		return "less than a minute"
	case minutes == 1:
		return "1 minute"
	default:
		return fmt.Sprintf("%d minutes", minutes)
	}
}
