package contract

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// MessageSetup is what an adapter of messages is opened with.
type MessageSetup struct {
	Product       string
	CodeInSubject bool
	From          port.Mailbox // the zero one is for the adapter to fill in
}

// OpenMessages makes an adapter of messages.
type OpenMessages func(t testing.TB, setup MessageSetup) port.Messages

// Messages proves the contract of port.Messages.
func Messages(t *testing.T, open OpenMessages) {
	t.Helper()
	prove(t, open, messagePromises())
}

func messagePromises() []promise[OpenMessages] {
	return []promise[OpenMessages]{
		{"ComposeCode must write the code and its lifetime in the body.", bodyHasCode},
		{"It must not write the code in the subject, unless it is configured to.", subjectHasNoCode},
		{"On an e-mail channel it must write HTML too, with everything in it escaped.", htmlIsEscaped},
		{"On an e-mail channel it must have a sender.", saysWhoItIsFrom},
	}
}

// someMessage is a message over a channel, as a sender gets it but for its text.
func someMessage(t testing.TB, channel domain.ChannelName, to, code string) port.CodeMessage {
	recipient, err := domain.ParseIdentifier(to)
	require.NoError(t, err)
	return port.CodeMessage{
		DeliveryID: "019cec37-b600-7000-8000-00000000000d", ChallengeID: "019cec37-b600-7000-8000-00000000000c",
		Channel: channel, To: recipient, Code: domain.NewCode(code), Purpose: domain.PurposeSignIn,
		ExpiresAt: fake.Noon.Add(5 * time.Minute), ExpiresIn: 5 * time.Minute,
	}
}

func bodyHasCode(t testing.TB, open OpenMessages) {
	messages := open(t, MessageSetup{Product: "Acme"})
	for _, c := range domain.KnownChannels {
		for _, code := range []string{"012345", "9876543210"} {
			m := someMessage(t, c.Name, recipientOf(c.Kind, 1), code)
			text, err := messages.ComposeCode(m)
			require.NoError(t, err)
			require.Contains(t, text.Body, code, c.Name)
			require.Contains(t, text.Body, "5", "how long it is good for, by %s", c.Name)
			m.ExpiresIn = 8*time.Minute + 29*time.Second
			m.Code = domain.NewCode("111111")
			text, err = messages.ComposeCode(m)
			require.NoError(t, err)
			require.Contains(t, text.Body, "8", "how long it is still good for, by %s", c.Name)
		}
	}
}

func subjectHasNoCode(t testing.TB, open OpenMessages) {
	m := someMessage(t, domain.ChannelEmail, recipientOf(domain.KindEmail, 1), "483920")
	text, err := open(t, MessageSetup{Product: "Acme"}).ComposeCode(m)
	require.NoError(t, err)
	require.NotEmpty(t, text.Subject)
	require.NotContains(t, text.Subject, "483920")
	text, err = open(t, MessageSetup{Product: "Acme", CodeInSubject: true}).ComposeCode(m)
	require.NoError(t, err)
	require.Contains(t, text.Subject, "483920")
}

func htmlIsEscaped(t testing.TB, open OpenMessages) {
	messages := open(t, MessageSetup{Product: `<blink>&"Acme'</blink>`})
	m := someMessage(t, domain.ChannelEmail, recipientOf(domain.KindEmail, 1), "483920")
	m.Locale = `<script>alert(1)</script>`
	text, err := messages.ComposeCode(m)
	require.NoError(t, err)
	require.Contains(t, text.HTML, "483920")
	require.NotContains(t, text.HTML, "<blink", "the name of the product")
	require.NotContains(t, text.HTML, `&"Acme`, "the name of the product")
	require.NotContains(t, text.HTML, "<script>", "the locale")
	require.Contains(t, strings.ToLower(text.HTML), "</html>")
}

func saysWhoItIsFrom(t testing.TB, open OpenMessages) {
	m := someMessage(t, domain.ChannelEmail, recipientOf(domain.KindEmail, 1), "483920")
	want := port.Mailbox{Name: "Acme Login", Address: "login@acme.example"}
	text, err := open(t, MessageSetup{Product: "Acme", From: want}).ComposeCode(m)
	require.NoError(t, err)
	require.Equal(t, want, text.From)
	text, err = open(t, MessageSetup{Product: "Acme"}).ComposeCode(m)
	require.NoError(t, err)
	require.Contains(t, text.From.Address, "@", "an address where none is configured")
	require.NotEmpty(t, text.From.Name, "a name where none is configured")
}

// recipientOf is the nth of many recipients of a kind.
func recipientOf(kind domain.Kind, n int) string {
	if kind == domain.KindEmail {
		return "person" + digits(n) + "@example.com"
	}
	return "+1555010" + digits(n)
}

// digits spells a number below 10,000 in four digits.
func digits(n int) string {
	return string([]byte{'0' + byte(n/1000%10), '0' + byte(n/100%10), '0' + byte(n/10%10), '0' + byte(n%10)})
}
