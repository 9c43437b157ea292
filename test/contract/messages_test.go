package contract

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/message"
	"github.com/doorcode-auth/doorcode/application/port"
)

func openMessage(t testing.TB, s MessageSetup) port.Messages {
	messages, err := message.New(message.Config{
		Product: s.Product, CodeInSubject: s.CodeInSubject, From: s.From.Address, FromName: s.From.Name,
	})
	require.NoError(t, err)
	return messages
}

type messagesFunc func(m port.CodeMessage) (port.MessageText, error)

func (f messagesFunc) ComposeCode(m port.CodeMessage) (port.MessageText, error) { return f(m) }

func TestMessages_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	require.Empty(t, broken[OpenMessages](openMessage, messagePromises()))
	for name, row := range map[string]struct {
		breaks int
		spoil  func(text *port.MessageText, m port.CodeMessage)
	}{
		"a body without the code": {
			0,
			func(text *port.MessageText, m port.CodeMessage) { text.Body = "It expires in 5 minutes." },
		},
		"a body without the end":  {0, func(text *port.MessageText, m port.CodeMessage) { text.Body = m.Code.Reveal() }},
		"a subject with the code": {1, func(text *port.MessageText, m port.CodeMessage) { text.Subject += m.Code.Reveal() }},
		"a subject without it":    {1, func(text *port.MessageText, _ port.CodeMessage) { text.Subject = "Your code" }},
		"no HTML":                 {2, func(text *port.MessageText, _ port.CodeMessage) { text.HTML = "" }},
		"HTML that is not escaped": {2, func(text *port.MessageText, _ port.CodeMessage) {
			text.HTML = strings.ReplaceAll(text.HTML, "&lt;", "<")
		}},
		"HTML with what was asked": {2, func(text *port.MessageText, m port.CodeMessage) { text.HTML += m.Locale }},
		"HTML without the code": {2, func(text *port.MessageText, m port.CodeMessage) {
			text.HTML = strings.ReplaceAll(text.HTML, m.Code.Reveal(), "")
		}},
		"no sender":    {3, func(text *port.MessageText, _ port.CodeMessage) { text.From = port.Mailbox{} }},
		"another name": {3, func(text *port.MessageText, _ port.CodeMessage) { text.From.Name = "Eve" }},
		"no name of its own": {3, func(text *port.MessageText, _ port.CodeMessage) {
			if text.From.Address != "login@acme.example" {
				text.From.Name = ""
			}
		}},
	} {
		bad := func(t testing.TB, s MessageSetup) port.Messages {
			good := openMessage(t, s)
			return messagesFunc(func(m port.CodeMessage) (port.MessageText, error) {
				text, err := good.ComposeCode(m)
				row.spoil(&text, m)
				return text, err
			})
		}
		require.Contains(t, broken[OpenMessages](bad, messagePromises()), messagePromises()[row.breaks].says, name)
	}
}
