package message

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// own makes a folder of templates.
func own(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func TestDir_laysOverTheEmbedded(t *testing.T) {
	t.Parallel()
	dir := own(t, map[string]string{
		"de/sign_in.phone.txt": "Code {{.Code}}, noch {{.Expiry}}",
		"en/sign_in.voice.txt": "Your code is {{.Code}}",
		"en/sign_in.email.html": `<a href="https://x.example/?c={{.Code}}&p={{.Product}}">{{.Code}}</a>` +
			`<script>let c = {{.Code}}</script>`,
		"en/expiry.txt":           "{{.Minutes}}m",
		"layout.html":             `<p lang="{{.Language}}">{{template "heading" .}} {{.Code}}</p>`,
		"notes.txt":               "of no concern",
		"..data/x":                "of no concern either",
		"de/.sign_in.phone.txt.x": "nor this",
	})
	m, err := New(Config{Dir: dir, Product: `A&"B`})
	require.NoError(t, err)
	require.Equal(t, "Code 012345, noch 2 Minuten", in(t, m, "de", domain.ChannelSMS, "012345", 2*time.Minute).Body)
	require.Equal(
		t,
		"<p lang=\"de\">Ihr Bestätigungscode 012345</p>\n",
		in(t, m, "de", domain.ChannelEmail, "012345", time.Minute).HTML,
	)
	require.Equal(t, "Your code is 012345", in(t, m, "en", domain.ChannelVoice, "012345", time.Minute).Body)
	require.Equal(
		t,
		"012345 ist Ihr Code für A&\"B. Er läuft in einer Minute ab.",
		strings.Replace(
			in(t, m, "en", domain.ChannelSMS, "012345", time.Minute).Body,
			`is your A&"B code. It expires in 1m.`,
			"ist Ihr Code für A&\"B. Er läuft in einer Minute ab.",
			1,
		),
	)
	page := in(t, m, "en", domain.ChannelEmail, "012345", time.Minute).HTML
	require.Equal(
		t,
		`<a href="https://x.example/?c=012345&p=A%26%22B">012345</a><script>let c = "012345"</script>`,
		page,
		"a code anywhere",
	)
	require.Contains(t, in(t, m, "en", domain.ChannelEmail, "012345", time.Minute).Body, "It expires in 1m.")
}

// What is read once stays as it was.
func TestDir_isReadOnce(t *testing.T) {
	t.Parallel()
	dir := own(t, map[string]string{"en/sign_in.phone.txt": "{{.Code}} before"})
	m, err := New(Config{Dir: dir})
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(dir))
	require.Equal(t, "012345 before", in(t, m, "", domain.ChannelSMS, "012345", time.Minute).Body)
}

// A language whose letters are not in GSM-7 has 70 of them.
func TestDir_otherAlphabet(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"ja/expiry.txt":            "{{.Minutes}}分",
		"ja/sign_in.email.subject": "確認コード",
		"ja/sign_in.email.txt":     "{{.Code}}",
		"ja/sign_in.email.html":    "{{.Code}}",
		"ja/sign_in.phone.txt":     "{{.Product}}の確認コードは{{.Code}}です。有効期限は{{.Expiry}}です。",
	}
	m, err := New(Config{Dir: own(t, files), Product: "日本銀行", Host: "id.example.com"})
	require.NoError(t, err)
	body := in(t, m, "ja-JP", domain.ChannelSMS, "0123456789", 10*time.Minute).Body
	require.Equal(
		t, "日本銀行の確認コードは0123456789です。有効期限は10分です。\n@id.example.com #0123456789", body, "a product that its alphabet can spell",
	)
	require.Equal(t, domain.UCS2, domain.MeasureSMS(body).Alphabet)
	_, err = New(Config{Dir: own(t, files), Product: strings.Repeat("日", maxProductRunes)})
	require.ErrorContains(
		t, err, "sign_in.phone.txt: longer than one short message: 7", "a product that does not fit is refused at the start",
	)
	require.ErrorContains(t, err, "of 70 in UCS-2, with a code of 10 digits: shorten it, or product.name")
}

// templateMistake is an invalid file and the expected mistake.
type templateMistake struct {
	files   map[string]string
	config  Config
	file    string
	problem string
	cure    string
}

var templateMistakes = map[string]templateMistake{
	"that does not parse": {
		files: map[string]string{"de/sign_in.phone.txt": "{{.Code"}, file: "de/sign_in.phone.txt",
		problem: "does not parse (template: ", cure: "correct it",
	},
	"HTML that does not parse": {
		files: map[string]string{"en/sign_in.email.html": "{{if}}"}, file: "en/sign_in.email.html",
		problem: "does not parse",
	},
	"a layout that does not parse": {
		files: map[string]string{"layout.html": "{{end}}"}, file: "layout.html", problem: "does not parse",
	},
	"a layout that asks for more": {
		files: map[string]string{"layout.html": `{{template "x" .}}`}, file: "sign_in.email.html",
		problem: `no such template "x"`,
	},
	"HTML that does not end": {
		files: map[string]string{"en/sign_in.email.html": `<a href="{{.Code}}`}, file: "en/sign_in.email.html",
		problem: "cannot be written",
	},
	"a word that there is not": {
		files: map[string]string{"en/sign_in.phone.txt": "{{.Code}} {{.Name}}"}, file: "en/sign_in.phone.txt",
		problem: "cannot be written", cure: "{{.Product}}",
	},
	"a text without code": {
		files: map[string]string{"en/sign_in.email.txt": "Hello"}, file: "en/sign_in.email.txt",
		problem: "does not show the code", cure: "{{.Code}}",
	},
	"HTML without code": {
		files: map[string]string{"de/sign_in.email.html": "<p>Hello</p>"}, file: "de/sign_in.email.html",
		problem: "does not show the code",
	},
	"an SMS without code": {
		files: map[string]string{"en/sign_in.phone.txt": "Hello"}, file: "en/sign_in.phone.txt",
		problem: "does not show the code",
	},
	"an SMS with a part of the code": {
		files: map[string]string{"en/sign_in.phone.txt": "{{slice .Code 1}}"}, file: "en/sign_in.phone.txt",
		problem: "does not show the code",
	},
	"a WhatsApp text without code": {
		files: map[string]string{"en/sign_in.whatsapp.txt": "Hello"}, file: "en/sign_in.whatsapp.txt",
		problem: "does not show the code",
	},
	"a code that comes and goes": {
		files: map[string]string{"en/sign_in.phone.txt": "{{if ne .Minutes 7}}{{.Code}}{{end}}"},
		file:  "en/sign_in.phone.txt", problem: "does not show the code",
	},
	"a subject with the code": {
		files: map[string]string{"en/sign_in.email.subject": "{{.Code}}"}, file: "en/sign_in.email.subject",
		problem: "shows the code", cure: "email.code_in_subject",
	},
	"a subject without it": {
		files: map[string]string{"en/sign_in.email.subject": "Hello"}, config: Config{CodeInSubject: true},
		file: "en/sign_in.email.subject", problem: "does not show the code",
	},
	"an empty subject": {
		files: map[string]string{"en/sign_in.email.subject": " \n"}, file: "en/sign_in.email.subject",
		problem: "not one line",
	},
	"a subject of two lines": {
		files: map[string]string{"en/sign_in.email.subject": "Your\nBcc: eve@example.com"}, file: "en/sign_in.email.subject",
		problem: "not one line",
	},
	"a long SMS": {
		files: map[string]string{"en/sign_in.phone.txt": "{{.Code}}" + strings.Repeat("x", 151)},
		file:  "en/sign_in.phone.txt", problem: "161 of 160 in GSM-7",
	},
	"an SMS with one odd letter": {
		files: map[string]string{"en/sign_in.phone.txt": "{{.Code}}–" + strings.Repeat("x", 60)},
		file:  "en/sign_in.phone.txt", problem: "71 of 70 in UCS-2", cure: "room for 70",
	},
	"a long text of sms alone": {
		files: map[string]string{"en/sign_in.sms.txt": "{{.Code}}" + strings.Repeat("x", 151)}, file: "en/sign_in.sms.txt",
		problem: "161 of 160",
	},
	"a language that is not whole": {
		files: map[string]string{"fr/sign_in.phone.txt": "{{.Code}}"}, file: "fr/sign_in.email.html", problem: "missing",
		cure: "a language of your own needs expiry.txt, sign_in.email.subject",
	},
	"no language": {
		files: map[string]string{"german/sign_in.phone.txt": "{{.Code}}"}, file: "german",
		problem: "not the tag of a language",
	},
	"a language spelt otherwise": {
		files: map[string]string{"pt_br/sign_in.phone.txt": "{{.Code}}"}, file: "pt_br",
		problem: "not the tag of a language", cure: "pt-BR",
	},
	"a name with a typing error": {
		files: map[string]string{"en/sign_in.email.htm": "{{.Code}}"}, file: "en/sign_in.email.htm",
		problem: "no message is made of it", cure: "sign_in.email.html",
	},
	"another purpose": {
		files: map[string]string{"en/sign_out.phone.txt": "{{.Code}}"}, file: "en/sign_out.phone.txt",
		problem: "no message is made of it",
	},
	"a folder that is a file": {
		files: map[string]string{"en/sign_in.phone.txt/x": ""}, file: "en/sign_in.phone.txt", problem: "cannot be read",
	},
}

func TestDir_mistakes(t *testing.T) {
	t.Parallel()
	for name, row := range templateMistakes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.config.Dir = own(t, row.files)
			_, err := New(row.config)
			var mistakes Mistakes
			require.ErrorAs(t, err, &mistakes)
			found := false
			for _, m := range mistakes {
				require.NotContains(t, m.Problem, placeholder)
				require.NotEmpty(t, m.Cure)
				found = found ||
					strings.HasSuffix(m.File, filepath.FromSlash(row.file)) && strings.Contains(m.Problem, row.problem) &&
						strings.Contains(m.Cure, row.cure)
			}
			require.True(t, found, mistakes.Error())
		})
	}
}

func TestDir_toldAllAtOnce(t *testing.T) {
	t.Parallel()
	dir := own(
		t, map[string]string{"en/sign_in.phone.txt": "x", "de/sign_in.phone.txt": "x", "de/sign_in.email.txt": "{{"},
	)
	_, err := New(Config{Dir: dir})
	var mistakes Mistakes
	require.ErrorAs(t, err, &mistakes)
	require.Len(t, mistakes, 2, "one per file, and German is not checked further: %s", err)
	_, err = New(Config{Dir: filepath.Join(dir, "nowhere")})
	require.EqualError(
		t,
		err,
		filepath.Join(
			dir, "nowhere",
		)+": cannot be read (no such file or directory): name a folder with a folder for each language in it, such as de",
	)
}
