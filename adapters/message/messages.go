package message

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.Messages = (*Messages)(nil)

// Messages writes messages. It is safe for concurrent use.
type Messages struct {
	boundHost string // that short messages end with, "" for none
	languages []language.Tag
	matcher   language.Matcher
	forms     map[form]port.MessageText // every text there is, but for its code
}

// form is what a text depends on, but for its code.
type form struct {
	language int // in Messages.languages
	purpose  domain.Purpose
	part     string
	minutes  int
}

// maxMinutes is the longest that a code is good for.
const maxMinutes = int(domain.MaxOTPLifetime / time.Minute)

// New reads the templates and writes every text there is. What is wrong with the
// templates comes back as Mistakes.
func New(cfg Config) (*Messages, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	t := openTemplates(cfg.Dir)
	m := &Messages{
		boundHost: cfg.boundHost(), languages: t.languages, matcher: language.NewMatcher(t.languages),
		forms: map[form]port.MessageText{},
	}
	for i, tag := range t.languages {
		for _, purpose := range purposes {
			if l, ok := t.openLetter(tag, purpose); ok {
				m.fill(l, form{language: i, purpose: purpose}, cfg)
			}
		}
	}
	if len(t.mistakes) > 0 {
		return nil, t.mistakes
	}
	return m, nil
}

// fill writes the forms of a letter.
func (m *Messages) fill(l letter, f form, cfg Config) {
	for f.minutes = 0; f.minutes <= maxMinutes; f.minutes++ {
		w := words{
			Product: cfg.Product, Code: blank, Minutes: f.minutes, Language: m.languages[f.language].String(), CodeInSubject: cfg.CodeInSubject,
		}
		f.part = partEmail
		text := l.email(w)
		text.From = port.Mailbox{Name: cfg.FromName, Address: cfg.From}
		m.forms[f] = text
		for f.part = range l.channels {
			m.forms[f] = l.phone(f.part, w)
		}
	}
}

// ComposeCode writes the message that brings a code, in the language of its locale or
// else in English: an e-mail to an e-mail address, the text of the channel to a phone
// number. It fails only for a message without code or recipient, of a purpose that
// there is no text for, or that is good for longer than a code can be; and the error
// does not show the code.
func (m *Messages) ComposeCode(msg port.CodeMessage) (port.MessageText, error) {
	code := msg.Code.Reveal()
	if code == "" {
		return port.MessageText{}, errors.New("compose message: it has no code")
	}
	f := form{m.choose(msg.Locale), msg.Purpose, partEmail, minutes(msg.ExpiresIn)}
	switch msg.To.Kind() {
	case domain.KindEmail:
	case domain.KindPhone:
		f.part = m.part(f, msg.Channel)
	default:
		return port.MessageText{}, errors.New("compose message: it has no recipient")
	}
	text, ok := m.forms[f]
	if !ok {
		return port.MessageText{}, fmt.Errorf("compose message: there is no text for the purpose %q and %s", msg.Purpose, msg.ExpiresIn)
	}
	for _, part := range []*string{&text.Subject, &text.Body, &text.HTML} {
		*part = strings.ReplaceAll(*part, blank, code)
	}
	if msg.Channel == domain.ChannelSMS {
		text.Body = bind(text.Body, m.boundHost, code)
	}
	return text, nil
}

// Language is the language in which a locale is answered, such as "de".
func (m *Messages) Language(locale string) string { return m.languages[m.choose(locale)].String() }

// Purposes are what there are messages for.
func (m *Messages) Purposes() []domain.Purpose { return append([]domain.Purpose{}, purposes...) }

// choose is the best language for a locale, the first one if there is none.
func (m *Messages) choose(locale string) int {
	if locale == "" {
		return 0
	}
	_, index, confidence := m.matcher.Match(preferences(locale)...)
	if confidence == language.No {
		return 0
	}
	return index
}

// part is the text of a channel of phones: its own, or that of all.
func (m *Messages) part(f form, channel domain.ChannelName) string {
	f.part = string(channel)
	if _, ok := m.forms[f]; ok && f.part != partEmail {
		return f.part
	}
	return partPhone
}

// minutes is how long a code is good for, to the nearest minute: a code of five
// minutes that took a moment to be written is one of five. 0 is less than a minute.
func minutes(left time.Duration) int {
	if left < time.Minute {
		return 0
	}
	return int(left.Round(time.Minute) / time.Minute)
}
