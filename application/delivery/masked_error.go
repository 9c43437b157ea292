package delivery

import (
	"regexp"
	"strings"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// minNational is the fewest digits at the end of a phone number that count as the number
// without its country code.
const minNational = 7

// phoneLike matches a run of digits that may be a phone number, with what separates its
// groups.
var phoneLike = regexp.MustCompile(`\+?[0-9](?:[\s\p{Zs}\p{Pd}().]{0,3}[0-9]){6,}`)

// maskedError is an error of a sender without the recipient and the code of its message.
// It wraps the error, so that errors.Is and errors.As find what they look for.
type maskedError struct {
	text string
	err  error
}

func (e *maskedError) Error() string { return e.text }
func (e *maskedError) Unwrap() error { return e.err }

// maskError hides the recipient and the code of a message in an error of its sender:
// providers quote what they were sent, and not every sender takes it out.
func maskError(err error, m port.CodeMessage) error {
	if err == nil {
		return nil
	}
	text := maskRecipient(err.Error(), m.To)
	if code := m.Code.Reveal(); code != "" {
		text = strings.ReplaceAll(text, code, "***")
	}
	if text == err.Error() {
		return err
	}
	return &maskedError{text: text, err: err}
}

// maskRecipient replaces every spelling of a recipient in a text by its masked form: a phone
// number with and without its plus, its country code and separators; an e-mail address
// in upper or lower case, with its domain in any form, and as a part of a URL.
func maskRecipient(text string, to domain.Identifier) string {
	if to.Kind() == domain.KindEmail {
		local, _, _ := strings.Cut(to.Value(), "@")
		address := regexp.MustCompile(`(?i)` + regexp.QuoteMeta(local) + `(@|%40)[^\s"'<>()\[\],:;&]+`)
		return address.ReplaceAllLiteralString(text, to.Masked())
	}
	number := strings.TrimPrefix(to.Value(), "+")
	return phoneLike.ReplaceAllStringFunc(text, func(found string) string {
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, found)
		national := strings.TrimLeft(digits, "0")
		if strings.Contains(digits, number) || len(national) >= minNational && strings.HasSuffix(number, national) {
			return to.Masked()
		}
		return found
	})
}
