package twilio

import (
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
)

// whole is a configuration with everything.
func whole(with func(*Config)) Config {
	cfg := *Provider.Config().(*Config)
	cfg.AccountSID, cfg.AuthToken, cfg.SMSFrom, cfg.WhatsAppFrom = someAccount, someToken, someFrom, someFrom
	with(&cfg)
	return cfg
}

func TestProvider_contract(t *testing.T) {
	t.Parallel()
	contract.Provider(t, contract.ProviderSetup{Provider: Provider, Configs: func(_ testing.TB, address string) []any {
		tests := whole(func(c *Config) { c.BaseURL, c.TestMode = address, true })
		live := whole(func(c *Config) { c.BaseURL = address })
		return []any{&tests, &live}
	}})
}

func TestProvider(t *testing.T) {
	t.Parallel()
	require.Equal(t, "twilio", Provider.Name)
	require.Equal(t, &Config{RequestTimeout: 30 * time.Second, MaxRetries: 3, RetryDelay: time.Second}, Provider.Config())
	senders, err := Provider.Open(t.Context(), Provider.Config())
	require.NoError(t, err)
	require.Empty(t, senders, "where nothing is set up")
	cfg := whole(func(*Config) {})
	senders, err = Provider.Open(t.Context(), &cfg)
	require.NoError(t, err)
	require.Len(t, senders, 2)
	for _, s := range senders {
		require.Implements(t, (*port.DeliveryReports)(nil), s.Sender)
		require.Equal(t, domain.KindPhone, s.Channel.Kind)
	}
}

// Of every field: a key, a sentence, and whether its value may be shown.
func TestConfig_tags(t *testing.T) {
	t.Parallel()
	for field := range reflect.TypeFor[Config]().Fields() {
		require.NotEmpty(t, field.Tag.Get("yaml"), field.Name)
		require.True(t, strings.HasSuffix(field.Tag.Get("doc"), "."), field.Name)
		require.Equal(t, field.Name == "AuthToken", field.Tag.Get("secret") == "true", field.Name)
		require.Equal(t, field.Name == "TestMode", field.Tag.Get("production") == "refused", field.Name)
	}
}

func TestOpen_channels(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		with func(*Config)
		want []domain.ChannelName
	}{
		"both":                 {func(*Config) {}, []domain.ChannelName{domain.ChannelSMS, domain.ChannelWhatsApp}},
		"sms alone":            {func(c *Config) { c.WhatsAppFrom = "" }, []domain.ChannelName{domain.ChannelSMS}},
		"whatsapp alone":       {func(c *Config) { c.SMSFrom = "" }, []domain.ChannelName{domain.ChannelWhatsApp}},
		"nothing but settings": {func(c *Config) { *c = Config{Region: "ie1", TestMode: true} }, nil},
	} {
		senders, err := open(io.Discard, whole(row.with))
		require.NoError(t, err, name)
		var got []domain.ChannelName
		for _, s := range senders {
			got = append(got, s.Channel.Name)
		}
		require.Equal(t, row.want, got, name)
	}
}

func TestOpen_addresses(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"+15550109999": "+15550109999", "+1 (555) 010-9999": "+15550109999", "Acme": "Acme", "Acme & Co": "Acme & Co",
		"A1": "A1", "1A": "1A",
		"12345": "12345", "123456": "123456", someService: someService, " Acme ": "Acme", "ABCDEFGHIJK": "ABCDEFGHIJK",
	} {
		cfg := whole(func(c *Config) { c.SMSFrom = from })
		_, err := cfg.check()
		require.NoError(t, err, "%q", from)
		require.Equal(t, want, cfg.SMSFrom)
	}
	for _, from := range []string{"+15550109999", "whatsapp:+15550109999", " whatsapp:+1 555 010 9999 "} {
		cfg := whole(func(c *Config) { c.WhatsAppFrom = from })
		_, err := cfg.check()
		require.NoError(t, err, "%q", from)
		require.Equal(t, "+15550109999", cfg.WhatsAppFrom)
	}
}

// What is wrong is said with its key and its cure, and nothing of a secret.
func TestOpen_mistakes(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		with func(*Config)
		key  string
	}{
		"no account":              {func(c *Config) { c.AccountSID = "" }, "twilio.account_sid: set it"},
		"half an account":         {func(c *Config) { c.AccountSID = "AC0123" }, "twilio.account_sid: set it"},
		"a key for an account":    {func(c *Config) { c.AccountSID = "SK" + someAccount[2:] }, "twilio.account_sid: set it"},
		"more than an account":    {func(c *Config) { c.AccountSID = someAccount + "\n" }, "twilio.account_sid: set it"},
		"no secret":               {func(c *Config) { c.AuthToken = "" }, "twilio.auth_token: set it"},
		"a secret with spaces":    {func(c *Config) { c.AuthToken = someToken + " " }, "twilio.auth_token: set it"},
		"nobody to send":          {func(c *Config) { c.SMSFrom, c.WhatsAppFrom = "", "" }, "twilio.sms_from: set who"},
		"no such number":          {func(c *Config) { c.SMSFrom = "+12" }, "twilio.sms_from: give a phone number"},
		"a name that is too long": {func(c *Config) { c.SMSFrom = "Acme and Sons" }, "twilio.sms_from: give a phone number"},
		"a number without plus":   {func(c *Config) { c.SMSFrom = "15550109999" }, "twilio.sms_from: give a phone number"},
		"half a service":          {func(c *Config) { c.SMSFrom = someService[:20] }, "twilio.sms_from: give a phone number"},
		"a name that is odd":      {func(c *Config) { c.SMSFrom = "Äcme" }, "twilio.sms_from: give a phone number"},
		"spaces for a name":       {func(c *Config) { c.SMSFrom = "   " }, "twilio.sms_from: give a phone number"},
		"a name on whatsapp": {
			func(c *Config) { c.WhatsAppFrom = "Acme" }, "twilio.whatsapp_from: give the phone number",
		},
		"a service on whatsapp": {
			func(c *Config) { c.WhatsAppFrom = someService }, "twilio.whatsapp_from: give the phone number",
		},
		"a template for nobody": {
			func(c *Config) { c.WhatsAppFrom, c.WhatsAppContentSID = "", someContent }, "twilio.whatsapp_from: set it beside",
		},
		"half a template": {func(c *Config) { c.WhatsAppContentSID = "HX1" }, "twilio.whatsapp_content_sid: give"},
		"a template alone": {
			func(c *Config) { *c = Config{WhatsAppContentSID: someContent} }, "twilio.account_sid: set it",
		},
		"a host for an edge":  {func(c *Config) { c.Edge = "evil.example.com/" }, "twilio.edge: give"},
		"a host for a region": {func(c *Config) { c.Region = "x@evil" }, "twilio.region: give"},
		"no address":          {func(c *Config) { c.BaseURL = "127.0.0.1:8080" }, "twilio.base_url: give"},
		"another protocol":    {func(c *Config) { c.BaseURL = "ftp://127.0.0.1" }, "twilio.base_url: give"},
		"an address with secrets": {
			func(c *Config) { c.BaseURL = "http://a:" + someToken + "@127.0.0.1" }, "twilio.base_url: give",
		},
		"an address with a query": {func(c *Config) { c.BaseURL = "http://127.0.0.1?a=b" }, "twilio.base_url: give"},
		"no time":                 {func(c *Config) { c.RequestTimeout = 0 }, "twilio.request_timeout: give"},
		"less than no retries":    {func(c *Config) { c.MaxRetries = -1 }, "twilio.max_retries: give"},
	} {
		senders, err := open(io.Discard, whole(row.with))
		require.ErrorContains(t, err, row.key, name)
		require.Empty(t, senders, name)
		require.NotContains(t, err.Error(), someToken, name)
	}
	_, err := open(io.Discard, Config{SMSFrom: "+12", WhatsAppContentSID: "x", RequestTimeout: time.Second})
	require.Len(t, err.(interface{ Unwrap() []error }).Unwrap(), 5, "all at once: %v", err)
}

func TestOpen_debugLogging(t *testing.T) {
	t.Parallel()
	for _, wanted := range []bool{false, true} {
		senders, err := open(io.Discard, whole(func(c *Config) { c.DebugLogging = wanted }))
		require.NoError(t, err)
		require.Equal(t, wanted, senders[0].Sender.(*Sender).line.log != nil)
	}
}
