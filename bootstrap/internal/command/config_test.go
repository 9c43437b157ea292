package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
	"github.com/doorcode-auth/doorcode/domain"
)

// shippedFor names the product's providers that serve a channel: an added one changes no test.
func shippedFor(channel domain.ChannelName) string {
	var names []string
	for _, p := range wiring.Providers() {
		if slices.Contains(p.Channels, channel) || slices.Contains(p.Channels, domain.ChannelAny) {
			names = append(names, p.Name)
		}
	}
	return strings.Join(names, ", ")
}

// withoutProviders is what config print prints, of the sections of providers one alone, and
// without the columns, which are as wide as the longest key.
func withoutProviders(printed, but string) string {
	var kept []string
	for line := range strings.Lines(printed) {
		section, _, _ := strings.Cut(line, ".")
		if section == but || !slices.ContainsFunc(wiring.Providers(),
			func(p port.Provider) bool { return p.Name == section }) {
			kept = append(kept, strings.Join(strings.Fields(line), " ")+"\n")
		}
	}
	return strings.Join(kept, "")
}

func TestMistakesAreToldAllAtOnceAndBeforeAnythingIsDone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := run(t, dir, []string{
		"DOORCODE_ENVIRONMENT=production", "DOORCODE_SECRET_KEY=hunter2",
		"DOORCODE_EMAIL_PROVIDERS=nobody",
	}, "--addr", "nowhere")
	require.Equal(t, 2, got.code)
	require.Equal(t, `doorcode: the configuration has mistakes:
  secret_key: not a good value (DOORCODE_SECRET_KEY): give at least 32 bytes
  http.addr: not a good value: "nowhere" (--addr): `+
		`give host:port with a port of at most 65535, such as :8000 or 127.0.0.1:8000
  http.public_url: missing: `+
		`set DOORCODE_HTTP_PUBLIC_URL to the address that people use, such as https://auth.example.com
  email.providers: names a provider that there is not: "nobody" (DOORCODE_EMAIL_PROVIDERS): name one of `+
		shippedFor("email")+"\n", got.err)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestConfigCheck_asJSON(t *testing.T) {
	t.Parallel()
	got := run(t, t.TempDir(), []string{"DOORCODE_OTP_LENGTH=5"}, "config", "check", "--output", "json")
	require.Equal(t, 2, got.code)
	require.JSONEq(t, `{"ok": false, "warnings": [], "mistakes": [
		{"key": "otp.length", "origin": "DOORCODE_OTP_LENGTH", "value": "5", "problem": "not a good value",
		 "cure": "give 6 to 10"}]}`, got.out)
	got = run(t, t.TempDir(), []string{"DOORCODE_X=5", "DOORCODE_LOG_LEVEL=loud"}, "config", "check", "--output", "json")
	require.Equal(t, 2, got.code)
	require.JSONEq(t, `{"ok": false, "mistakes": [
		{"key": "log.level", "origin": "DOORCODE_LOG_LEVEL", "value": "loud", "problem": "not a good value",
		 "cure": "give debug, info, warn or error"}
	], "warnings": [{"key": "DOORCODE_X", "problem": "unknown variable, ignored", "cure": "take it out"}]}`, got.out)
	got = run(t, t.TempDir(), []string{"DOORCODE_X=5"}, "config", "check", "--output", "json")
	require.Zero(t, got.code)
	require.JSONEq(t, `{"ok": true, "mistakes": [], "warnings": [
		{"key": "DOORCODE_X", "problem": "unknown variable, ignored", "cure": "take it out"}]}`, got.out)
}

func TestConfigPrint_hidesSecrets(t *testing.T) {
	t.Parallel()
	environment := []string{
		"DOORCODE_SECRET_KEY=hunter2 hunter2 hunter2 hunter2 hunter2",
		"DATABASE_URL=postgres://ada:hunter2@db.example.com/doorcode?sslmode=require",
		"DOORCODE_ENVIRONMENT=production", "DOORCODE_HTTP_PUBLIC_URL=https://id.example.com",
		"DOORCODE_HTTP_TRUSTED_PROXIES=10.0.0.0/8, ::1",
		"DOORCODE_EMAIL_PROVIDERS=console",
	}
	got := run(t, t.TempDir(), environment, "config", "print", "--set", "otp.length=8")
	require.Zero(t, got.code, got.err)
	want, err := os.ReadFile(filepath.Join("testdata", "config_print.golden"))
	require.NoError(t, err)
	require.Equal(t, withoutProviders(string(want), "smtp"), withoutProviders(got.out, "smtp"))
	require.NotContains(t, got.out, "hunter2")

	asJSON := run(t, t.TempDir(), environment, "config", "print", "--output", "json")
	var entries []struct{ Key, Value, Origin string }
	require.NoError(t, json.Unmarshal([]byte(asJSON.out), &entries))
	require.Equal(t, "secret_key [hidden] DOORCODE_SECRET_KEY", entries[1].Key+" "+entries[1].Value+" "+entries[1].Origin)
	require.NotContains(t, asJSON.out, "hunter2")
}

// rows are the lines of config print, by their keys.
func rows(out string) map[string]string {
	byKey := map[string]string{}
	for _, line := range strings.Split(out, "\n") {
		key, rest, _ := strings.Cut(line, " ")
		byKey[key] = strings.Join(strings.Fields(rest), " ")
	}
	return byKey
}

func TestConfigPrint_saysWhatIsUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := run(t, dir, nil, "config", "print")
	require.Zero(t, got.code, got.err)
	require.Equal(t, "[hidden] kept in doorcode.key", rows(got.out)["secret_key"])
	require.Equal(t, "console what is set up", rows(got.out)["sms.providers"])
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
	got = run(t, dir, nil, "config", "print", "--database-url", "sqlite://:memory:", "--set", "sms.providers=console")
	require.Equal(t, "[hidden] made for this process", rows(got.out)["secret_key"])
	require.Equal(t, "console --set", rows(got.out)["sms.providers"])
}

func TestConfigPrint_withMistakes(t *testing.T) {
	t.Parallel()
	environment := []string{
		"DOORCODE_OTP_LENGTH=5", "DOORCODE_SECRET_KEY=hunter2", "DOORCODE_LOG_LEVEL=warn",
		"DOORCODE_SMS_PROVIDERS=nobody", "DOORCODE_X=1",
	}
	got := run(t, t.TempDir(), environment, "config", "print")
	require.Equal(t, 2, got.code)
	require.Equal(t, "[refused] DOORCODE_OTP_LENGTH", rows(got.out)["otp.length"])
	require.Equal(t, "[refused] DOORCODE_SECRET_KEY", rows(got.out)["secret_key"])
	require.Equal(t, "warn DOORCODE_LOG_LEVEL", rows(got.out)["log.level"])
	require.Equal(t, `warning: DOORCODE_X: unknown variable, ignored: take it out
doorcode: the configuration has mistakes:
  secret_key: not a good value (DOORCODE_SECRET_KEY): give at least 32 bytes
  otp.length: not a good value: "5" (DOORCODE_OTP_LENGTH): give 6 to 10
  sms.providers: names a provider that there is not: "nobody" (DOORCODE_SMS_PROVIDERS): name one of `+
		shippedFor("sms")+"\n", got.err)
	got = run(t, t.TempDir(), environment[3:], "config", "print", "--output", "json")
	require.Equal(t, 2, got.code)
	require.True(t, json.Valid([]byte(got.out)))
	require.Contains(t, got.err, "sms.providers: names a provider that there is not")
}

func TestConfigDocs_areThoseInTheTree(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "configuration.md"))
	require.NoError(t, err)
	got := run(t, t.TempDir(), nil, "config", "docs")
	require.Equal(t, string(want), got.out, "docs/configuration.md is stale: run make generate")
}
