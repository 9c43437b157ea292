package message

import (
	"fmt"
	html "html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"text/template"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// placeholder stands for the code in composed texts: letters and digits, which HTML, URL
// and script escaping keep.
const placeholder = "x7q0codeblank0q7x"

// templateData is the data of a template.
type templateData struct {
	Product       string // "" if an SMS cannot encode it
	Code          string
	Minutes       int    // validity of the code, 0 for less than one
	Expiry        string // validity as text, from expiry.txt
	Language      string // "de"
	CodeInSubject bool
}

type executor interface {
	Execute(to io.Writer, data any) error
}

// parsed is a parsed template; executor is nil after a parse error.
type parsed struct {
	file string
	executor
}

// letter is the templates of one purpose in one language.
type letter struct {
	all      *templates // collects mistakes
	expiry   parsed
	subject  parsed
	text     parsed
	page     parsed            // HTML, with escaping
	channels map[string]parsed // by part
}

// openLetter parses the templates. It reports false if one is missing or invalid.
func (t *templates) openLetter(tag language.Tag, purpose domain.Purpose) (letter, bool) {
	l := letter{all: t, channels: map[string]parsed{}}
	name := string(purpose)
	l.expiry = t.plain(tag, expiryFile)
	l.subject = t.plain(tag, name+".email.subject")
	l.text = t.plain(tag, name+".email.txt")
	l.page = t.page(tag, name+".email.html")
	l.channels[partPhone] = t.plain(tag, name+".phone.txt")
	for _, channel := range t.channels {
		if f, ok := t.find(tag, name+"."+channel+".txt"); ok {
			l.channels[channel] = t.parse(f)
		}
	}
	all := append(slices.Collect(maps.Values(l.channels)), l.expiry, l.subject, l.text, l.page)
	return l, !slices.ContainsFunc(all, func(p parsed) bool { return p.executor == nil })
}

func (t *templates) plain(tag language.Tag, name string) parsed {
	f, ok := t.need(tag, name)
	if !ok {
		return parsed{}
	}
	return t.parse(f)
}

const parseCure = "correct it: it is a template of Go, see docs/messages.md"

func (t *templates) parse(f file) parsed {
	text, err := template.New(f.name).Parse(f.text)
	if err != nil {
		t.mistake(f.name, "does not parse ("+err.Error()+")", parseCure)
		return parsed{}
	}
	return parsed{f.name, text}
}

// page parses an HTML template. It may be a whole page, or define blocks of the layout.
func (t *templates) page(tag language.Tag, name string) parsed {
	f, ok := t.need(tag, name)
	layout, found := t.read(layoutFile)
	if !ok || !found {
		return parsed{}
	}
	page, err := html.New("layout").Parse(layout.text)
	if err != nil {
		t.mistake(layout.name, "does not parse ("+err.Error()+")", parseCure)
		return parsed{}
	}
	if page, err = page.New(f.name).Parse(f.text); err != nil {
		t.mistake(f.name, "does not parse ("+err.Error()+")", parseCure)
		return parsed{}
	}
	return parsed{f.name, page}
}

// execute executes a template, and notes a mistake if it fails.
func (l letter) execute(p parsed, data templateData) string {
	var b strings.Builder
	if err := p.Execute(&b, data); err != nil {
		l.all.mistake(p.file, "cannot be written ("+err.Error()+")",
			"write {{.Product}}, {{.Code}}, {{.Expiry}}, {{.Minutes}}, {{.Language}} or {{.CodeInSubject}}")
	}
	return b.String()
}

// email composes all parts of an e-mail.
func (l letter) email(data templateData) port.MessageText {
	data.Expiry = l.validity(data)
	text := port.MessageText{
		Subject: strings.TrimSpace(l.execute(l.subject, data)),
		Body:    l.execute(l.text, data), HTML: l.execute(l.page, data),
	}
	switch hasCode := strings.Contains(text.Subject, placeholder); {
	case hasCode && !data.CodeInSubject:
		l.all.mistake(l.subject.file, "shows the code, where a locked screen shows it too",
			"take {{.Code}} out, or set email.code_in_subject")
	case !hasCode && data.CodeInSubject:
		l.all.mistake(l.subject.file, noCode, "write {{.Code}} in it, or do not set email.code_in_subject")
	case text.Subject == "" || strings.ContainsAny(text.Subject, "\r\n"):
		l.all.mistake(l.subject.file, "not one line", "write one")
	}
	l.requireCode(l.text, text.Body)
	l.requireCode(l.page, text.HTML)
	return text
}

// phone composes a message of a phone channel. An SMS must fit into one segment with the
// longest code; the product is transliterated to GSM-7 if the rest of the text is GSM-7.
func (l letter) phone(part string, data templateData) port.MessageText {
	p := l.channels[part]
	data.Expiry = l.validity(data)
	isSMS := part == partPhone || part == string(domain.ChannelSMS)
	if isSMS {
		bare := data
		bare.Product = ""
		if isGSM7(l.execute(p, bare)) {
			data.Product = gsm7(data.Product)
		}
	}
	body := strings.TrimSpace(l.execute(p, data))
	l.requireCode(p, body)
	size := domain.MeasureSMS(strings.ReplaceAll(body, placeholder, strings.Repeat("0", domain.MaxCodeDigits)))
	if isSMS && size.Units > size.Most {
		problem := fmt.Sprintf("longer than one short message: %d of %d in %s, with a code of %d digits",
			size.Units, size.Most, size.Alphabet, domain.MaxCodeDigits)
		l.all.mistake(p.file, problem,
			"shorten it, or product.name; one letter that is not in GSM-7 leaves room for 70")
	}
	return port.MessageText{Body: body}
}

const noCode = "does not show the code"

func (l letter) requireCode(p parsed, text string) {
	if !strings.Contains(text, placeholder) {
		l.all.mistake(p.file, noCode, "write {{.Code}} in it, as a whole")
	}
}

func (l letter) validity(data templateData) string {
	return strings.TrimSpace(l.execute(l.expiry, data))
}

// bind appends the last line of a domain-bound code ("@host #code") to an SMS, if it
// still fits into one segment.
func bind(body, host, code string) string {
	if host == "" {
		return body
	}
	bound := body + "\n@" + host + " #" + code
	if size := domain.MeasureSMS(bound); size.Units > size.Most || size.Alphabet != domain.MeasureSMS(body).Alphabet {
		return body
	}
	return bound
}

// isGSM7 reports whether a text needs no more than the GSM 7-bit default alphabet.
func isGSM7(text string) bool { return domain.MeasureSMS(text).Alphabet == domain.GSM7 }

// gsm7 transliterates a text to GSM-7: unsupported accents and characters are dropped.
func gsm7(text string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(text) {
		if !writeGSM(&b, r) {
			for _, part := range norm.NFKD.String(string(r)) {
				writeGSM(&b, part)
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// transliteration replaces characters that do not decompose into GSM-7.
var transliteration = strings.NewReplacer(
	"‘", "'", "’", "'", "“", `"`, "”", `"`, "–", "-", "—", "-", "ł", "l", "Ł", "L", "ı", "i", "đ", "d", "Đ", "D",
)

func writeGSM(b *strings.Builder, r rune) bool {
	letter := transliteration.Replace(string(r))
	if !isGSM7(letter) {
		return false
	}
	b.WriteString(letter)
	return true
}
