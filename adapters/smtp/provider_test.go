package smtp

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/fake"
)

var time0 = fake.Noon

func TestProvider_contract(t *testing.T) {
	t.Parallel()
	contract.Provider(t, contract.ProviderSetup{Provider: Provider, Configs: func(t testing.TB, address string) []any {
		host, portText, err := net.SplitHostPort(strings.TrimPrefix(address, "http://"))
		require.NoError(t, err)
		number, err := strconv.Atoi(portText)
		require.NoError(t, err)
		return []any{&Config{Host: host, Port: number, TLS: tlsStart}}
	}})
}

func TestProvider(t *testing.T) {
	t.Parallel()
	require.Equal(t, "smtp", Provider.Name)
	cfg := Provider.Config()
	require.Equal(t, &Config{Port: 587, TLS: "starttls"}, cfg)
	channels, err := Provider.Open(t.Context(), cfg)
	require.NoError(t, err)
	require.Empty(t, channels, "no host, no e-mail")
	cfg.(*Config).Host = "smtp.example.com" // not called: a service starts while its server is down
	channels, err = Provider.Open(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, channels, 1)
	require.Equal(t, domain.Channel{Name: "email", Kind: domain.KindEmail}, channels[0].Channel)
	require.Equal(t, "smtp", channels[0].Provider)
	require.Nil(t, channels[0].Sender.(*Sender).tls.RootCAs, "the certificates that the system trusts")
	require.False(t, channels[0].Sender.(*Sender).tls.InsecureSkipVerify)
}

func TestProvider_mistakes(t *testing.T) {
	t.Parallel()
	good := Config{Host: "smtp.example.com", Port: 587, TLS: tlsStart, Username: account, Password: password}
	for name, row := range map[string]struct {
		spoil func(c *Config)
		want  string // "" for a valid one
	}{
		"good":                     {func(*Config) {}, ""},
		"no account":               {func(c *Config) { c.Username, c.Password = "", "" }, ""},
		"an address":               {func(c *Config) { c.Host = "2001:db8::1" }, ""},
		"plain without an account": {func(c *Config) { c.TLS, c.Username, c.Password = tlsNone, "", "" }, ""},
		"plain on this machine":    {func(c *Config) { c.TLS, c.Host = tlsNone, "localhost" }, ""},
		"plain on ::1":             {func(c *Config) { c.TLS, c.Host = tlsNone, "::1" }, ""},
		"plain with a password": {
			func(c *Config) { c.TLS = tlsNone }, "smtp.tls is none, which would send smtp.password",
		},
		"plain next door": {func(c *Config) { c.TLS, c.Host = tlsNone, "192.168.0.5" }, "smtp.tls is none"},
		"plain on a name like ours": {
			func(c *Config) { c.TLS, c.Host = tlsNone, "localhost.example.com" }, "smtp.tls is none",
		},
		"a host with a port":         {func(c *Config) { c.Host = "smtp.example.com:587" }, "smtp.host is no host"},
		"a URL":                      {func(c *Config) { c.Host = "smtp://smtp.example.com" }, "smtp.host is no host"},
		"a path":                     {func(c *Config) { c.Host = "unix://x" }, "smtp.host is no host"},
		"two lines":                  {func(c *Config) { c.Host = "a\r\nb" }, "smtp.host is no host"},
		"port 0":                     {func(c *Config) { c.Port = 0 }, "smtp.port is 0"},
		"port 65536":                 {func(c *Config) { c.Port = 65536 }, "smtp.port is 65536"},
		"an unknown way of TLS":      {func(c *Config) { c.TLS = "opportunistic" }, "set it to starttls, tls or none"},
		"no way of TLS":              {func(c *Config) { c.TLS = "" }, "set it to starttls, tls or none"},
		"a name without a password":  {func(c *Config) { c.Password = "" }, "set both or none"},
		"a password without a name":  {func(c *Config) { c.Username = "" }, "set both or none"},
		"a password, and much wrong": {func(c *Config) { c.TLS, c.Username = "x", "" }, "smtp.tls"},
	} {
		cfg := good
		row.spoil(&cfg)
		channels, err := Provider.Open(t.Context(), &cfg)
		if row.want == "" {
			require.NoError(t, err, name)
			require.Len(t, channels, 1, name)
			continue
		}
		require.ErrorContains(t, err, row.want, name)
		require.NotContains(t, err.Error(), password, name)
		require.Empty(t, channels, name)
	}
}
