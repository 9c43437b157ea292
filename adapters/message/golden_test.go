package message

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var update = flag.Bool("update", false, "write the golden files anew")

// embeddedLanguages are those of the product itself.
var embeddedLanguages = []string{"en", "de"}

// in writes a message with its channel and its language.
func in(
	t testing.TB, m *Messages, locale string, channel domain.ChannelName, code string, left time.Duration,
) port.MessageText {
	t.Helper()
	to := "+15550100000"
	if channel == domain.ChannelEmail {
		to = "ada@example.com"
	}
	recipient, err := domain.ParseIdentifier(to)
	require.NoError(t, err)
	text, err := m.ComposeCode(port.CodeMessage{
		Channel:   channel,
		To:        recipient,
		Code:      domain.NewCode(code),
		Purpose:   domain.PurposeSignIn,
		ExpiresIn: left,
		Locale:    locale,
	})
	require.NoError(t, err)
	return text
}

func TestMessages_golden(t *testing.T) {
	t.Parallel()
	m, err := New(Config{Product: "Müller & <Sons>", Host: "id.example.com"})
	require.NoError(t, err)
	all := map[string]string{}
	for _, locale := range embeddedLanguages {
		mail := in(t, m, locale, domain.ChannelEmail, "012345", 5*time.Minute)
		short := in(t, m, locale, domain.ChannelSMS, "012345", 5*time.Minute)
		chat := in(t, m, locale, domain.ChannelWhatsApp, "012345", 5*time.Minute)
		for _, phone := range []port.MessageText{short, chat} {
			require.Empty(t, phone.Subject)
			require.Empty(t, phone.HTML)
		}
		require.NotContains(t, mail.Subject, "012345")
		all[locale+"/sign_in.email.subject"] = mail.Subject
		all[locale+"/sign_in.email.txt"], all[locale+"/sign_in.email.html"] = mail.Body, mail.HTML
		all[locale+"/sign_in.sms.txt"], all[locale+"/sign_in.whatsapp.txt"] = short.Body, chat.Body
	}
	for name, got := range all {
		path := filepath.Join("testdata", name+".golden")
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err, "go test ./adapters/message -update writes it")
		require.Equal(t, string(want), got, "%s; if it is meant, go test ./adapters/message -update", path)
	}
}

// Every language of the product has every text of its own: none falls back.
func TestTemplates_areComplete(t *testing.T) {
	t.Parallel()
	all := openTemplates("")
	require.Len(t, all.languages, len(embeddedLanguages))
	require.Equal(t, []string{"whatsapp"}, all.channels)
	for _, name := range embeddedLanguages {
		for _, file := range append(fileNames(), "sign_in.whatsapp.txt") {
			_, err := embedded.ReadFile("templates/" + name + "/" + file)
			require.NoError(t, err)
		}
	}
}

// With any product, code and expiry, an SMS is one segment in the alphabet of its
// language, and contains all three.
func TestMessages_everyShortMessageIsOneSegment(t *testing.T) {
	t.Parallel()
	for _, product := range []string{
		strings.Repeat("W", maxProductRunes), strings.Repeat("{", maxProductRunes), strings.Repeat("ł", maxProductRunes),
		strings.Repeat("日", maxProductRunes), "a",
	} {
		m, err := New(Config{Product: product, Host: "a23456789.b23456789.ex.pl"})
		require.NoError(t, err)
		for _, name := range embeddedLanguages {
			for left := time.Duration(0); left <= domain.MaxOTPLifetime; left += time.Minute {
				body := in(t, m, name, domain.ChannelSMS, "0123456789", left).Body
				size := domain.MeasureSMS(body)
				require.Equal(t, domain.GSM7, size.Alphabet, "%s: %q", name, body)
				require.LessOrEqual(t, size.Units, size.Most, "%s: %q", name, body)
				require.Contains(t, body, "0123456789")
				require.Contains(t, body, gsm7(product))
			}
		}
	}
}

func TestMessages_expiryInWords(t *testing.T) {
	t.Parallel()
	m, err := New(Config{Product: "Acme"})
	require.NoError(t, err)
	for locale, sentence := range map[string]string{
		"en": "012345 is your Acme code. It expires in %.",
		"de": "012345 ist Ihr Code für Acme. Er läuft in % ab.",
	} {
		for left, words := range map[time.Duration]map[string]string{
			time.Second:      {"en": "less than a minute", "de": "weniger als einer Minute"},
			time.Minute:      {"en": "1 minute", "de": "einer Minute"},
			2 * time.Minute:  {"en": "2 minutes", "de": "2 Minuten"},
			10 * time.Minute: {"en": "10 minutes", "de": "10 Minuten"},
		} {
			want := strings.Replace(sentence, "%", words[locale], 1)
			require.Equal(t, want, in(t, m, locale, domain.ChannelSMS, "012345", left).Body)
		}
	}
}

// What is bound to a host is a short message and nothing else.
func TestMessages_onlyShortMessagesAreBound(t *testing.T) {
	t.Parallel()
	m, err := New(Config{Product: "Acme", Host: "id.example.com"})
	require.NoError(t, err)
	require.True(
		t, strings.HasSuffix(in(t, m, "", domain.ChannelSMS, "012345", time.Minute).Body, "\n@id.example.com #012345"),
	)
	for _, channel := range []domain.ChannelName{domain.ChannelWhatsApp, domain.ChannelVoice, "telex", "email", ""} {
		require.NotContains(t, in(t, m, "", channel, "012345", time.Minute).Body, "@", channel)
	}
	recipient, err := domain.ParsePhone("+15550100000")
	require.NoError(t, err)
	text, err := m.ComposeCode(
		port.CodeMessage{Channel: "email", To: recipient, Code: domain.NewCode("012345"), Purpose: domain.PurposeSignIn},
	)
	require.NoError(t, err)
	require.Equal(
		t,
		"012345 is your Acme code. It expires in less than a minute.",
		text.Body,
		"a channel of phones that is called email",
	)
}

func TestMessages_escapes(t *testing.T) {
	t.Parallel()
	m, err := New(Config{Product: `</title><script>alert("x")</script>`})
	require.NoError(t, err)
	for _, name := range embeddedLanguages {
		text := in(t, m, name, domain.ChannelEmail, "012345", time.Minute)
		require.NotContains(t, text.HTML, "<script")
		require.Equal(t, 1, strings.Count(text.HTML, "</title>"))
		require.Contains(t, text.HTML, "&lt;script&gt;")
		require.Contains(t, text.HTML, `<html lang="`+name+`">`)
		require.Contains(t, text.Body, `<script>`, "plain text is as it is")
	}
}

func TestMessages_chooseLanguage(t *testing.T) {
	t.Parallel()
	dir := own(t, map[string]string{
		"pt/expiry.txt":                 "{{.Minutes}} min",
		"pt/sign_in.email.subject":      "pt",
		"pt/sign_in.email.txt":          "{{.Code}}",
		"pt/sign_in.email.html":         "{{.Code}}",
		"pt/sign_in.phone.txt":          "{{.Code}} pt",
		"pt-PT/sign_in.phone.txt":       "{{.Code}} pt-PT",
		"zh-Hant/sign_in.phone.txt":     "{{.Code}} zh",
		"zh-Hant/expiry.txt":            "{{.Minutes}}",
		"zh-Hant/sign_in.email.subject": "zh",
		"zh-Hant/sign_in.email.txt":     "{{.Code}}",
		"zh-Hant/sign_in.email.html":    "{{.Code}}",
	})
	m, err := New(Config{Dir: dir})
	require.NoError(t, err)
	for locale, want := range map[string]string{
		"": "en", "en": "en", "en-GB": "en", "de": "de", "DE": "de", "de-CH": "de", "de_AT.UTF-8": "de", "de-DE@euro": "de",
		"gsw":   "de",
		"pt-BR": "pt", "pt": "pt", "pt-PT": "pt-PT", "zh-TW": "zh-Hant",
		"tlh": "en", "xx": "en", "C": "en", "*": "en", "und": "en", "-": "en", "\x00": "en", "<script>": "en",
		strings.Repeat("é", 35): "en", ",,;q=": "en",
		"fr-CH, fr;q=0.9, de;q=0.5, en;q=0.4": "de", "en;q=0.1, de;q=0.9": "de", "fr, *;q=0.5": "en", "de;q=0, en": "en",
		"!, de": "de", "de;q=x, pt": "pt",
		strings.Repeat("de-", 1000) + "de": "en", strings.Repeat("fr,", 1000) + "de": "de",
	} {
		require.Equal(t, want, m.Language(locale), "%.50q", locale)
	}
	require.Equal(t, "012345 pt-PT", in(t, m, "pt-PT", domain.ChannelSMS, "012345", time.Minute).Body)
	require.Equal(
		t, "pt", in(t, m, "pt-PT", domain.ChannelEmail, "012345", time.Minute).Subject, "what it has not is that of pt",
	)
	require.Equal(t, "012345 pt", in(t, m, "pt-BR", domain.ChannelWhatsApp, "012345", time.Minute).Body)
}

func FuzzPreferences(f *testing.F) {
	for _, locale := range []string{"de", "pt-BR", "fr;q=0.5, de", "x-private", "de-u-co-phonebk", "\xff", "i-klingon"} {
		f.Add(locale)
	}
	m, err := New(Config{})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, locale string) {
		if name := m.Language(locale); name != "en" && name != "de" {
			t.Errorf("%q is answered in %q", locale, name)
		}
	})
}
