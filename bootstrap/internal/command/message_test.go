package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMessagePreview(t *testing.T) {
	t.Parallel()
	acme := []string{
		"DOORCODE_PRODUCT_NAME=Acme <Ltd>", "DOORCODE_HTTP_PUBLIC_URL=https://id.example.com",
		"DOORCODE_EMAIL_FROM=login@acme.example",
	}
	for name, row := range map[string]struct {
		args []string
		out  string
	}{
		"an SMS": {[]string{"--channel", "sms"}, `--- sms, sign_in, language en, GSM-7: 80 of 160 ---
123456 is your Acme <Ltd> code. It expires in 5 minutes.
@id.example.com #123456
---
`},
		"a German one": {
			[]string{"--channel", "sms", "--locale", "de-AT"},
			`--- sms, sign_in, language de, GSM-7: 85 of 160 ---
123456 ist Ihr Code für Acme <Ltd>. Er läuft in 5 Minuten ab.
@id.example.com #123456
---
`,
		},
		"WhatsApp": {[]string{"--channel", "whatsapp"}, `--- whatsapp, sign_in, language en ---
*Your Verification Code*

123456

Enter it to sign in to Acme <Ltd>. It expires in 5 minutes.

For your security, do not share this code with anyone.
---
`},
		"an e-mail": {[]string{"--purpose", "sign_in", "--locale", "xx"}, `--- email, sign_in, language en ---
From: "Acme <Ltd>" <login@acme.example>
Subject: Your Acme <Ltd> verification code

Your Verification Code

123456

Enter it to sign in to Acme <Ltd>. It expires in 5 minutes.

If you didn't request this code, please ignore this email.
---
Its page (HTML) is not shown: --html FILE writes it.
`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			got := run(t, dir, acme, append([]string{"message", "preview"}, row.args...)...)
			require.Zero(t, got.code, got.err)
			require.Equal(t, row.out, got.out)
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, left, "a look makes nothing")
		})
	}
}

func TestMessagePreview_page(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := run(t, dir, []string{"DOORCODE_OTP_LENGTH=8"}, "message", "preview", "--html", "page.html", "--locale", "de",
		"--output", "json")
	require.Zero(t, got.code, got.err)
	page, err := os.ReadFile(filepath.Join(dir, "page.html"))
	require.NoError(t, err)
	var shown map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.out), &shown))
	require.Equal(t, string(page), shown["html"])
	require.Contains(t, string(page), "12345678")
	require.Equal(t, "de", shown["language"])
	require.Equal(t, `"doorcode" <doorcode@localhost>`, shown["from"])
	require.NotContains(t, shown["subject"], "12345678")
	got = run(t, dir, nil, "message", "preview", "--html", filepath.Join("none", "page.html"))
	require.Equal(t, 1, got.code)
	require.Contains(t, got.err, "write the page")
}

func TestExitCodes_ofMessages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]call{
		"no such channel": {
			args: []string{"message", "preview", "--channel", "emial"}, code: 2,
			err: "--channel wants email, sms, whatsapp, voice",
		},
		"no such purpose": {
			args: []string{"message", "preview", "--purpose", "fun"}, code: 2,
			err: "--purpose wants sign_in",
		},
		"a page of an SMS": {
			args: []string{"message", "preview", "--channel", "sms", "--html", "x"}, code: 2,
			err: "--html is for e-mails",
		},
		"the group":           {args: []string{"message"}, out: "preview     Print a message"},
		"the help of preview": {args: []string{"message", "preview", "--help"}, out: "--locale"},
		"the help of test":    {args: []string{"send", "test", "--help"}, out: "--to"},
		"templates of mistakes": {
			args: []string{"message", "preview", "--set", "message.dir=nowhere"}, code: 2,
			err: "cannot be read",
		},
		"no recipient": {
			args: []string{"send", "test", "--channel", "sms"}, code: 2,
			err: "--to wants an e-mail address, or a phone number",
		},
		"an invalid number": {args: []string{"send", "test", "--to", "0123"}, code: 2, err: "--to wants"},
		"a channel of others": {
			args: []string{"send", "test", "--to", "+12025550123", "--channel", "email"}, code: 2,
			err: "such as sms, whatsapp, voice",
		},
		"an unknown channel": {
			args: []string{"send", "test", "--to", "+12025550123", "--channel", "telex"}, code: 2,
			err: "--channel wants",
		},
		"a mistake elsewhere": {
			args: []string{"send", "test", "--to", "+12025550123", "--set", "otp.length=5"}, code: 2,
			err: "otp.length",
		},
	} {
		t.Run(name, c.make)
	}
}

func TestSendTest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := run(t, dir, []string{"DOORCODE_PRODUCT_NAME=Acme"}, "send", "test", "--to", "+1 (202) 555-0123", "--locale",
		"de")
	require.Zero(t, got.code, got.err)
	require.Equal(t, `--- sms to +12025550123 ----------------------------------------
123456 ist Ihr Code für Acme. Er läuft in 5 Minuten ab.
----------------------------------------------------------------
ok      configuration: good, environment development
ok      recipient: ***0123 may be written to (phone.countries is *)
ok      route: sms by console
ok      sms by console: the provider has taken the message (accepted)
The message is the usual one; its code 123456 opens nothing.
`, got.out)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "neither database nor key")
}

func TestSendTest_asJSON(t *testing.T) {
	t.Parallel()
	got := run(t, t.TempDir(), nil, "send", "test", "--to", "ada@example.com", "--channel", "email", "--output", "json")
	require.Zero(t, got.code, got.err)
	require.JSONEq(t, `{"sent": true, "channel": "email", "provider": "console", "result": "accepted", "steps": [
		{"step": "configuration", "ok": true, "text": "good, environment development"},
		{"step": "recipient", "ok": true, "text": "ad***@example.com may be written to"},
		{"step": "route", "ok": true, "text": "email by console"},
		{"step": "email by console", "ok": true, "text": "the provider has taken the message (accepted)"}
	]}`, got.out)
	require.Contains(t, got.err, "123456", "what the console prints is beside it")
}

func TestSendTest_refused(t *testing.T) {
	t.Parallel()
	got := run(t, t.TempDir(), nil, "send", "test", "--to", "+19005550100")
	require.Equal(t, 1, got.code)
	require.Equal(t, "doorcode: the message was not sent\n", got.err)
	require.Equal(t, `ok      configuration: good, environment development
failed  recipient: ***0100 is refused
        it says: a premium-rate or shared-cost number
        cure: Must not be a premium-rate or shared-cost number; phone.countries is *
`, got.out)
	production := []string{
		"DOORCODE_ENVIRONMENT=production", "DOORCODE_SECRET_KEY=0123456789abcdef0123456789abcdef",
		"DOORCODE_HTTP_PUBLIC_URL=https://id.example.com",
		"DOORCODE_EMAIL_PROVIDERS=console", "DOORCODE_PHONE_COUNTRIES=DE",
	}
	got = run(t, t.TempDir(), production, "send", "test", "--to", "+12025550123")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.out, "its country is not among phone.countries")
	got = run(t, t.TempDir(), production, "send", "test", "--to", "+4915112345678", "--channel", "whatsapp")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.out, "failed  route: no provider serves this channel\n        cure: set up a provider of it")
}
