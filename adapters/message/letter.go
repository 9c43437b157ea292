package message

import (
	"embed"
	"fmt"
	html "html/template"
	"io"
	"strings"
	"text/template"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

//go:embed templates
var templates embed.FS

// language is the one that there are texts in.
const language = "en"

// maxShortMessage is what one short message holds, in septets of GSM-7 (3GPP TS
// 23.038); a longer one would be sent, and paid, as two.
const maxShortMessage = 160

// words are what a template can write.
type words struct {
	Product       string // "" where a short message cannot spell it
	Code          string
	Expiry        string // "5 minutes"
	CodeInSubject bool
}

// letter is the texts of one purpose.
type letter struct {
	subject executor
	text    executor
	page    executor // HTML, which escapes what it writes
	short   executor
}

type executor interface {
	Execute(to io.Writer, data any) error
}

func readLetter(purpose domain.Purpose) (letter, error) {
	var l letter
	for _, part := range []struct {
		name string
		into *executor
		html bool
	}{
		{"email.subject", &l.subject, false},
		{"email.txt", &l.text, false},
		{"email.html", &l.page, true},
		{"phone.txt", &l.short, false},
	} {
		path := fmt.Sprintf("templates/%s/%s.%s", language, purpose, part.name)
		source, err := templates.ReadFile(path)
		if err != nil {
			return letter{}, fmt.Errorf("read template: %w", err)
		}
		if part.html {
			*part.into, err = html.New(path).Parse(string(source))
		} else {
			*part.into, err = template.New(path).Parse(string(source))
		}
		if err != nil {
			return letter{}, fmt.Errorf("parse template: %w", err)
		}
	}
	return l, nil
}

// email writes all parts of an e-mail.
func (l letter) email(w words) (port.MessageText, error) {
	var text port.MessageText
	for _, part := range []struct {
		from executor
		into *string
	}{{l.subject, &text.Subject}, {l.text, &text.Body}, {l.page, &text.HTML}} {
		written, err := write(part.from, w)
		if err != nil {
			return port.MessageText{}, err
		}
		*part.into = written
	}
	text.Subject = strings.TrimSpace(text.Subject)
	return text, nil
}

// phone writes a short message.
func (l letter) phone(w words) (port.MessageText, error) {
	body, err := write(l.short, w)
	return port.MessageText{Body: strings.TrimSpace(body)}, err
}

// bind gives a short message a last line that binds its code to a host, in the form
// that phones read ("@host #code"), if both fit into one.
func bind(body, host, code string) string {
	if host == "" {
		return body
	}
	bound := body + "\n@" + host + " #" + code
	if n, ok := septets(bound); !ok || n > maxShortMessage {
		return body
	}
	return bound
}

func write(from executor, w words) (string, error) {
	var b strings.Builder
	if err := from.Execute(&b, w); err != nil {
		return "", fmt.Errorf("write message: %w", err)
	}
	return b.String(), nil
}
