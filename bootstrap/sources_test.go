package bootstrap_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func ownRules(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sources.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

func TestConfigure_ownSourceRules(t *testing.T) {
	t.Parallel()
	path := ownRules(t, "sources:\n  acme: {name: Acme, channel: affiliate}\n")
	cfg, err := bootstrap.Configure(bootstrap.Sources{Environ: []string{"DOORCODE_SOURCES_RULES=" + path}})
	require.NoError(t, err)
	require.Equal(t, path, cfg.Sources.Rules)
	require.Empty(t, cfg.Warnings)
}

func TestConfigure_ownHosts(t *testing.T) {
	t.Parallel()
	cfg, err := bootstrap.Configure(bootstrap.Sources{
		Environ: []string{"DOORCODE_SOURCES_OWN_HOSTS=example.com,.shop.example,bücher.example"},
	})
	require.NoError(t, err)
	require.Equal(t, []string{"example.com", ".shop.example", "bücher.example"}, cfg.Sources.OwnHosts)
	for _, text := range []string{"https://example.com", "example.com/", "a b", ".", "example.com:8443", "*.example.com"} {
		require.Equal(t, []string{
			`sources.own_hosts: not a good value: "` + text + `" (flag): ` +
				`give hosts such as example.com, or .example.com with its subdomains, without scheme and path`,
		}, mistakes(t, bootstrap.Sources{Flags: map[string]string{"sources.own_hosts": text}}))
	}
}

// What is wrong with rules of one's own is told at once, beside all else, with file and line.
func TestConfigure_mistakesInSourceRules(t *testing.T) {
	t.Parallel()
	path := ownRules(t, "sources:\n  acme: {name: Acme, channel: social}\n  google: {host: [a.b]}\n")
	require.Equal(t, []string{
		`otp.length: not a good value: "5" (flag): give 6 to 10`,
		`sources.rules: sources.acme.channel is wrong, not a channel: "` + path + `:2" (flag): ` +
			`give one of organic_search, paid_search, organic_social, paid_social, video, email, affiliate, referral, ai`,
		`sources.rules: sources.google.host is wrong, no such key: "` + path + `:3" (flag): ` +
			`there are name, channel, aliases and hosts`,
	}, mistakes(t, bootstrap.Sources{Flags: map[string]string{"sources.rules": path, "otp.length": "5"}}))
	require.Equal(t, []string{
		`sources.rules: cannot be read (no such file or directory): "` + path + `x" (flag): ` +
			`check the path and that the server may read it`,
	}, mistakes(t, bootstrap.Sources{Flags: map[string]string{"sources.rules": path + "x"}}))
}
