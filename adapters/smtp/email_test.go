package smtp

import (
	"bytes"
	"flag"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var update = flag.Bool("update", false, "write the golden files anew")

var boundary = regexp.MustCompile(`[0-9a-f]{60}`)

func rawOf(t require.TestingT, m port.CodeMessage) string {
	l, err := newEmail(m)
	require.NoError(t, err)
	var raw bytes.Buffer
	_, err = l.content.WriteTo(&raw)
	require.NoError(t, err)
	return boundary.ReplaceAllString(raw.String(), "BOUNDARY")
}

func TestLetter_golden(t *testing.T) {
	t.Parallel()
	m := someMessage(t)
	m.Compose = composes(port.MessageText{
		From:    port.Mailbox{Name: "Müller & Söhne", Address: "login@xn--mller-kva.example"},
		Subject: "Ihr Code für Müller & Söhne",
		Body:    "Ihr Bestätigungscode\n\n    483920\n\nEr gilt 5 Minuten.\n.\nFrom the start of a line\n",
		HTML: "<!doctype html>\n<html><body><p style=\"letter-spacing: 4px\">483920</p>" +
			"<p>Er gilt 5 Minuten – für Müller &amp; Söhne.</p></body></html>\n",
	})
	got := rawOf(t, m)
	path := filepath.Join("testdata", "email.eml.golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "go test ./adapters/smtp -update writes it")
	require.Equal(t, string(want), got, "if it is meant, go test ./adapters/smtp -update")
	require.Equal(t, got, rawOf(t, m), "the e-mail of a delivery is deterministic")
}

func TestLetter_plainOnly(t *testing.T) {
	t.Parallel()
	m := someMessage(t)
	m.Compose = composes(port.MessageText{From: acme, Subject: "Your code", Body: "483920"})
	raw := rawOf(t, m)
	require.Contains(t, raw, "Content-Type: text/plain; charset=UTF-8\r\n")
	require.NotContains(t, raw, "multipart")
}

// What arrives is what was written, through every encoding on the way.
func TestLetter_arrives(t *testing.T) {
	t.Parallel()
	s := startMailServer(t, nil, false)
	sender := openSender(t, Config{Port: s.port, TLS: tlsNone}, nil)
	m := someMessage(t)
	text := port.MessageText{
		From: port.Mailbox{Name: "Ação 株式会社 \"Söhne\"", Address: "login@acme.example"}, Subject: "Seu código – 株式会社",
		Body: ".\n..\n483920\n" + strings.Repeat("ü", 500) + "\n  spaces at the end  \n=3D\n",
		HTML: "<p>\n.\n483920 &amp; " + strings.Repeat("<b>ü</b>", 200) + "</p>\n",
	}
	m.Compose = composes(text)
	require.Equal(t, domain.SendAccepted, sender.Send(t.Context(), m).Result)
	got := s.envelopes()[0]
	require.Equal(t, []string{text.Body, text.HTML}, got.parts(t))
	parsed, err := netmail.ReadMessage(strings.NewReader(got.raw))
	require.NoError(t, err)
	from, err := parsed.Header.AddressList("From")
	require.NoError(t, err)
	require.Equal(t, []*netmail.Address{{Name: text.From.Name, Address: text.From.Address}}, from)
	to, err := parsed.Header.AddressList("To")
	require.NoError(t, err)
	require.Equal(t, []*netmail.Address{{Address: "ada@example.com"}}, to)
	require.Equal(t, "auto-generated", parsed.Header.Get("Auto-Submitted"))
	require.Equal(t, "All", parsed.Header.Get("X-Auto-Response-Suppress"))
	for _, line := range strings.Split(got.raw, "\r\n") {
		require.LessOrEqual(t, len(line), 998, "RFC 5322, 2.1.1")
	}
}

// No content injects header lines.
func TestLetter_noLinesOfItsOwn(t *testing.T) {
	t.Parallel()
	to, err := domain.ParseEmail("ada@example.com")
	require.NoError(t, err)
	odd := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"Acme\r\nBcc: eve@example.com",
		"Acme\nBcc: eve@example.com",
		"\r\n\r\n<script>",
		"A\rBcc: eve@example.com",
		`"<eve@example.com>, "`,
		"=?UTF-8?Q?=0D=0ABcc:_eve=40example.com?=",
		"a, b <eve@example.com>",
		strings.Repeat("long ", 100),
		"\u2028Bcc: x",
		"\x00",
	}))
	rapid.Check(t, func(t *rapid.T) {
		m := port.CodeMessage{
			DeliveryID: odd.Draw(t, "delivery"), To: to, ExpiresAt: time0, Channel: domain.ChannelEmail,
			Compose: composes(port.MessageText{
				From: port.Mailbox{
					Name:    odd.Draw(t, "name"),
					Address: acme.Address,
				},
				Subject: odd.Draw(t, "subject"),
				Body:    "text",
				HTML:    "<p>text</p>",
			}),
		}
		parsed, err := netmail.ReadMessage(strings.NewReader(rawOf(t, m)))
		if err != nil {
			t.Fatalf("not an e-mail: %v", err)
		}
		for _, name := range []string{
			"Date", "Message-Id", "Subject", "From", "To", "Auto-Submitted", "Mime-Version", "Content-Type",
			"X-Auto-Response-Suppress",
		} {
			if len(parsed.Header[name]) > 1 {
				t.Fatalf("%s twice", name)
			}
			delete(parsed.Header, name)
		}
		if len(parsed.Header) != 0 {
			t.Fatalf("has %v", parsed.Header)
		}
	})
}
