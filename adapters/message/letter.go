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

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// blank stands for the code in a text that is kept: letters and digits, which nothing
// that writes HTML, URLs or scripts escapes.
const blank = "x7q0codeblank0q7x"

// words are what a template can write.
type words struct {
	Product       string // "" where a short message cannot spell it
	Code          string
	Minutes       int    // that the code is good for, 0 for less than one
	Expiry        string // the same in words, as expiry.txt writes it
	Language      string // "de"
	CodeInSubject bool
}

type executor interface {
	Execute(to io.Writer, data any) error
}

// sheet is a template that has been read; without one it has a mistake.
type sheet struct {
	file string
	executor
}

// letter is the texts of one purpose in one language.
type letter struct {
	all      *templates // that hears of mistakes
	expiry   sheet
	subject  sheet
	text     sheet
	page     sheet            // HTML, which escapes what it writes
	channels map[string]sheet // by part
}

// openLetter reads the texts. It reports false if they cannot be written.
func (t *templates) openLetter(tag language.Tag, purpose domain.Purpose) (letter, bool) {
	l := letter{all: t, channels: map[string]sheet{}}
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
	missing := slices.ContainsFunc(slices.Collect(maps.Values(l.channels)), sheet.missing)
	return l, !missing && !slices.ContainsFunc([]sheet{l.expiry, l.subject, l.text, l.page}, sheet.missing)
}

func (s sheet) missing() bool { return s.executor == nil }

func (t *templates) plain(tag language.Tag, name string) sheet {
	f, ok := t.need(tag, name)
	if !ok {
		return sheet{}
	}
	return t.parse(f)
}

const parseCure = "correct it: it is a template of Go, see docs/messages.md"

func (t *templates) parse(f file) sheet {
	parsed, err := template.New(f.name).Parse(f.text)
	if err != nil {
		t.mistake(f.name, "does not parse ("+err.Error()+")", parseCure)
		return sheet{}
	}
	return sheet{f.name, parsed}
}

// page reads a page. It may be whole, or fill the gaps of the layout.
func (t *templates) page(tag language.Tag, name string) sheet {
	f, ok := t.need(tag, name)
	layout, there := t.read(layoutFile)
	if !ok || !there {
		return sheet{}
	}
	parsed, err := html.New("layout").Parse(layout.text)
	if err != nil {
		t.mistake(layout.name, "does not parse ("+err.Error()+")", parseCure)
		return sheet{}
	}
	if parsed, err = parsed.New(f.name).Parse(f.text); err != nil {
		t.mistake(f.name, "does not parse ("+err.Error()+")", parseCure)
		return sheet{}
	}
	return sheet{f.name, parsed}
}

// write writes a template, with a mistake if it cannot be written.
func (l letter) write(from sheet, w words) string {
	var b strings.Builder
	if err := from.Execute(&b, w); err != nil {
		l.all.mistake(from.file, "cannot be written ("+err.Error()+")", "write {{.Product}}, {{.Code}}, {{.Expiry}}, {{.Minutes}}, {{.Language}} or {{.CodeInSubject}}")
	}
	return b.String()
}

// email writes all parts of an e-mail.
func (l letter) email(w words) port.MessageText {
	w.Expiry = l.inWords(w)
	text := port.MessageText{Subject: strings.TrimSpace(l.write(l.subject, w)), Body: l.write(l.text, w), HTML: l.write(l.page, w)}
	switch told := strings.Contains(text.Subject, blank); {
	case told && !w.CodeInSubject:
		l.all.mistake(l.subject.file, "shows the code, where a locked screen shows it too", "take {{.Code}} out, or set email.code_in_subject")
	case !told && w.CodeInSubject:
		l.all.mistake(l.subject.file, noCode, "write {{.Code}} in it, or do not set email.code_in_subject")
	case text.Subject == "" || strings.ContainsAny(text.Subject, "\r\n"):
		l.all.mistake(l.subject.file, "not one line", "write one")
	}
	l.needCode(l.text, text.Body)
	l.needCode(l.page, text.HTML)
	return text
}

// phone writes a message of a channel of phones. A short one must fit into one
// segment, with the longest code; a product that its alphabet cannot spell is written
// as well as it can be.
func (l letter) phone(part string, w words) port.MessageText {
	from := l.channels[part]
	w.Expiry = l.inWords(w)
	short := part == partPhone || part == string(domain.ChannelSMS)
	if short {
		bare := w
		bare.Product = ""
		if _, ok := septets(l.write(from, bare)); ok {
			w.Product = gsm7(w.Product)
		}
	}
	body := strings.TrimSpace(l.write(from, w))
	l.needCode(from, body)
	size := Measure(strings.ReplaceAll(body, blank, strings.Repeat("0", domain.MaxCodeDigits)))
	if short && size.Units > size.Most {
		l.all.mistake(from.file, fmt.Sprintf("longer than one short message: %d of %d in %s, with a code of %d digits", size.Units, size.Most, size.Alphabet, domain.MaxCodeDigits),
			"shorten it, or product.name; one letter that is not in GSM-7 leaves room for 70")
	}
	return port.MessageText{Body: body}
}

const noCode = "does not show the code"

func (l letter) needCode(from sheet, written string) {
	if !strings.Contains(written, blank) {
		l.all.mistake(from.file, noCode, "write {{.Code}} in it, as a whole")
	}
}

func (l letter) inWords(w words) string { return strings.TrimSpace(l.write(l.expiry, w)) }

// bind gives a short message a last line that binds its code to a host, in the form
// that phones read ("@host #code"), if both fit into one.
func bind(body, host, code string) string {
	if host == "" {
		return body
	}
	bound := body + "\n@" + host + " #" + code
	if size := Measure(bound); size.Units > size.Most || size.Alphabet != Measure(body).Alphabet {
		return body
	}
	return bound
}
