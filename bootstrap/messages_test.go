package bootstrap_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
)

// ownTemplates makes a folder for message.dir.
func ownTemplates(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func TestConfigure_ownTemplates(t *testing.T) {
	t.Parallel()
	dir := ownTemplates(t, map[string]string{"en/sign_in.phone.txt": "Acme: {{.Code}}"})
	cfg, err := bootstrap.Configure(bootstrap.Sources{Flags: map[string]string{
		"environment": "testing", "database.url": "sqlite://:memory:", "message.dir": dir,
	}})
	require.NoError(t, err)
	ports, closePorts, err := bootstrap.NewPorts(t.Context(), cfg)
	require.NoError(t, err)
	defer closePorts()
	to, err := domain.ParsePhone("+12025550123")
	require.NoError(t, err)
	text, err := ports.Messages.ComposeCode(port.CodeMessage{
		To: to, Code: domain.NewCode("012345"),
		Purpose: domain.PurposeSignIn,
	})
	require.NoError(t, err)
	require.Equal(t, "Acme: 012345", text.Body)
}

// The last line of an SMS names the page, which may be on another site than the API.
func TestConfigure_messageDomain(t *testing.T) {
	t.Parallel()
	to, err := domain.ParsePhone("+12025550123")
	require.NoError(t, err)
	for set, want := range map[string]string{"": "auth.example.com", "app.example.org": "app.example.org"} {
		flags := map[string]string{
			"environment": "testing", "database.url": "sqlite://:memory:", "http.public_url": "https://auth.example.com:8443",
		}
		if set != "" {
			flags["message.domain"] = set
		}
		cfg, err := bootstrap.Configure(bootstrap.Sources{Flags: flags})
		require.NoError(t, err)
		ports, closePorts, err := bootstrap.NewPorts(t.Context(), cfg)
		require.NoError(t, err)
		defer closePorts()
		text, err := ports.Messages.ComposeCode(port.CodeMessage{
			Channel: domain.ChannelSMS, To: to, Code: domain.NewCode("012345"), Purpose: domain.PurposeSignIn,
		})
		require.NoError(t, err)
		require.True(t, strings.HasSuffix(text.Body, "\n@"+want+" #012345"), text.Body)
	}
}

// What is wrong with templates is told at once, beside all else, with the file.
func TestConfigure_mistakesInTemplates(t *testing.T) {
	t.Parallel()
	dir := ownTemplates(t, map[string]string{"en/sign_in.phone.txt": "no code", "de/sign_in.email.subject": "{{.Code}}"})
	got := mistakes(t, bootstrap.Sources{Flags: map[string]string{"message.dir": dir, "otp.length": "5"}})
	require.Equal(t, []string{
		`otp.length: not a good value: "5" (flag): give 6 to 10`,
		`message.dir: does not show the code: "` + dir + `/en/sign_in.phone.txt" (flag): write {{.Code}} in it, as a whole`,
		`message.dir: shows the code, where a locked screen shows it too: "` + dir +
			`/de/sign_in.email.subject" (flag): take {{.Code}} out, or set email.code_in_subject`,
	}, got)
	got = mistakes(t, bootstrap.Sources{Flags: map[string]string{"message.dir": dir + "/nowhere", "product.name": "Acme"}})
	require.Len(t, got, 1)
	require.Contains(t, got[0], "cannot be read (no such file or directory)")
	require.Len(t, mistakes(t, bootstrap.Sources{Flags: map[string]string{"message.dir": dir, "product.name": "a\nb"}}), 1,
		"the name alone")
}
