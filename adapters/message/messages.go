package message

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.Messages = (*Messages)(nil)

// Messages composes messages. It is safe for concurrent use.
type Messages struct {
	boundHost string // last line of an SMS, "" for none
	languages []language.Tag
	matcher   language.Matcher
	forms     map[form]port.MessageText // all texts, with a placeholder for the code
}

// form is everything but the code that determines a text.
type form struct {
	language int // in Messages.languages
	purpose  domain.Purpose
	part     string
	minutes  int
}

// maxMinutes is the longest validity of a code.
const maxMinutes = int(domain.MaxOTPLifetime / time.Minute)

// New parses the templates and composes all texts. Errors in templates are Mistakes.
func New(cfg Config) (*Messages, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	t := openTemplates(cfg.Dir)
	m := &Messages{
		languages: t.languages, matcher: language.NewMatcher(t.languages), forms: map[form]port.MessageText{},
	}
	if BindsTo(cfg.Host) {
		m.boundHost = cfg.Host
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

// fill composes the forms of a letter.
func (m *Messages) fill(l letter, f form, cfg Config) {
	for f.minutes = 0; f.minutes <= maxMinutes; f.minutes++ {
		data := templateData{
			Product: cfg.Product, Code: placeholder, Minutes: f.minutes,
			Language: m.languages[f.language].String(), CodeInSubject: cfg.CodeInSubject,
		}
		f.part = partEmail
		text := l.email(data)
		text.From = port.Mailbox{Name: cfg.FromName, Address: cfg.From}
		m.forms[f] = text
		for f.part = range l.channels {
			m.forms[f] = l.phone(f.part, data)
		}
	}
}

// ComposeCode composes the message with a code in the language of its locale, or else in
// English: an e-mail for an e-mail address, the text of the channel for a phone number.
// It fails only for a message without code or recipient, for a purpose without texts, and
// for a validity beyond the maximum. The error does not contain the code.
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
		return port.MessageText{}, fmt.Errorf("compose message: there is no text for the purpose %q and %s",
			msg.Purpose, msg.ExpiresIn)
	}
	for _, part := range []*string{&text.Subject, &text.Body, &text.HTML} {
		*part = strings.ReplaceAll(*part, placeholder, code)
	}
	if msg.Channel == domain.ChannelSMS {
		text.Body = bind(text.Body, m.boundHost, code)
	}
	return text, nil
}

// Language is the language of messages for a locale, such as "de".
func (m *Messages) Language(locale string) string { return m.languages[m.choose(locale)].String() }

// Purposes are the purposes that have messages.
func (m *Messages) Purposes() []domain.Purpose { return append([]domain.Purpose{}, purposes...) }

// choose returns the index of the best language for a locale, 0 without a match.
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

// part is the part of a phone channel: its own, or partPhone.
func (m *Messages) part(f form, channel domain.ChannelName) string {
	f.part = string(channel)
	if _, ok := m.forms[f]; ok && f.part != partEmail {
		return f.part
	}
	return partPhone
}

// minutes is a validity to the nearest minute, so that a code of five minutes that was
// issued a moment ago has five. 0 is less than a minute.
func minutes(left time.Duration) int {
	if left < time.Minute {
		return 0
	}
	return int(left.Round(time.Minute) / time.Minute)
}

// preferences parses a locale to languages, the preferred one first: one tag ("pt-BR",
// "de_DE.UTF-8") or an Accept-Language header. Invalid entries are ignored.
func preferences(locale string) []language.Tag {
	type preference struct {
		tag    language.Tag
		weight float32
	}
	var all []preference
	for entry := range strings.SplitSeq(locale, ",") {
		name, weight, _ := strings.Cut(entry, ";")
		name, _, _ = strings.Cut(name, ".") // the encoding of a POSIX locale
		name, _, _ = strings.Cut(name, "@")
		if weight != "" {
			name += ";" + weight
		}
		tags, weights, err := language.ParseAcceptLanguage(name)
		if err != nil {
			continue
		}
		for i, tag := range tags {
			all = append(all, preference{tag, weights[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b preference) int { return cmp.Compare(b.weight, a.weight) })
	tags := make([]language.Tag, len(all))
	for i, p := range all {
		tags[i] = p.tag
	}
	return tags
}
