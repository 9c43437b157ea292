package sendgrid

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
)

func TestProvider_contract(t *testing.T) {
	t.Parallel()
	contract.Provider(t, contract.ProviderSetup{Provider: Provider, Configs: func(_ testing.TB, address string) []any {
		return []any{&Config{APIKey: apiKey, BaseURL: address}}
	}})
}

func TestProvider(t *testing.T) {
	t.Parallel()
	require.Equal(t, "sendgrid", Provider.Name)
	cfg := Provider.Config()
	require.Equal(t, &Config{BaseURL: "https://api.sendgrid.com"}, cfg)
	channels, err := Provider.Open(t.Context(), cfg)
	require.NoError(t, err)
	require.Empty(t, channels, "no key, no e-mail")
	cfg.(*Config).APIKey = apiKey // Open calls nothing: a service starts while its provider is down
	channels, err = Provider.Open(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, channels, 1)
	require.Equal(t, domain.Channel{Name: "email", Kind: domain.KindEmail}, channels[0].Channel)
	require.Equal(t, "sendgrid", channels[0].Provider)
}

func TestProvider_mistakes(t *testing.T) {
	t.Parallel()
	for base, says := range map[string]string{
		"https://api.eu.sendgrid.com":       "",
		"http://127.0.0.1:8080":             "",
		"http://[::1]:8080/fake":            "",
		"http://localhost:1":                "",
		"http://api.sendgrid.com":           "would send the key",
		"http://localhost.example.com":      "would send the key",
		"ftp://127.0.0.1":                   "would send the key",
		"":                                  "is no URL",
		"api.sendgrid.com":                  "is no URL",
		"https://":                          "is no URL",
		"https://a:b@api.sendgrid.com":      "is no URL",
		"https://api.sendgrid.com?x=1":      "is no URL",
		"https://api.sendgrid.com/\x00":     "is no URL",
		"https://api.sendgrid.com/#section": "is no URL",
	} {
		_, err := open(t.Context(), Config{APIKey: apiKey, BaseURL: base})
		if says == "" {
			require.NoError(t, err, base)
			continue
		}
		require.ErrorContains(t, err, "sendgrid.base_url "+says, base)
	}
	for _, key := range []string{"SG.a b", "SG.a\r\nX: y", "SG.ä", "\tSG.a"} {
		_, err := open(t.Context(), Config{APIKey: key, BaseURL: "https://api.sendgrid.com"})
		require.ErrorContains(t, err, "sendgrid.api_key has spaces")
		require.NotContains(t, err.Error(), key)
	}
}
