package bootstrap_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
)

// twilio is the least of the section twilio.
func twilio(from string) []string {
	return []string{
		"DOORCODE_TWILIO_ACCOUNT_SID=AC0123456789abcdef0123456789abcdef", "DOORCODE_TWILIO_AUTH_TOKEN=0123456789abcdef",
		"DOORCODE_TWILIO_SMS_FROM=" + from,
	}
}

// carrier is the configuration of a third-party provider.
type carrier struct {
	Numbers []string `yaml:"numbers" doc:"The sender numbers of texts."`
}

func (c *carrier) PhoneNumbers() []string { return c.Numbers }

var carrierProvider = port.NewProvider("carrier", carrier{}, func(context.Context, carrier) ([]port.ChannelSender,
	error,
) {
	return nil, nil
})

func TestConfigure_phoneCountries(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		environ   []string
		countries []string
		doubted   bool
	}{
		"only the console":              {nil, []string{"*"}, false},
		"a number of the United States": {twilio("+1 202 555 0123"), []string{"US"}, false},
		"a number of no region":         {twilio("+15551234567"), []string{"US"}, false},
		"a German one":                  {twilio("+4915112345678"), []string{"DE"}, false},
		"WhatsApp from elsewhere": {append(twilio("+4915112345678"),
			"DOORCODE_TWILIO_WHATSAPP_FROM=whatsapp:+12025550123"), []string{"DE", "US"}, false},
		"WhatsApp from the same": {
			append(twilio("+4915112345678"), "DOORCODE_TWILIO_WHATSAPP_FROM=+4915112345678"),
			[]string{"DE"},
			false,
		},
		"a messaging service": {twilio("MG0123456789abcdef0123456789abcdef"), []string{"*"}, true},
		"a name":              {twilio("Acme"), []string{"*"}, true},
		"a name, and countries": {
			append(twilio("Acme"), "DOORCODE_PHONE_COUNTRIES=CH, LI"),
			[]string{"CH", "LI"},
			false,
		},
		"a name, and every country": {append(twilio("Acme"), "DOORCODE_PHONE_COUNTRIES=*"), []string{"*"}, false},
		"a number, and countries": {
			append(twilio("+4915112345678"), "DOORCODE_PHONE_COUNTRIES=AT"),
			[]string{"AT"},
			false,
		},
		"a third-party provider": {[]string{"DOORCODE_CARRIER_NUMBERS=+436641234567,+4915112345678"}, []string{
			"AT",
			"DE",
		}, false},
	} {
		cfg, err := bootstrap.Configure(bootstrap.Sources{Environ: row.environ}, carrierProvider)
		require.NoError(t, err, name)
		require.Equal(t, row.countries, cfg.Phone.Countries, name)
		require.Equal(t, row.doubted, bootstrap.Mistakes(cfg.Warnings).About("phone.countries"), name)
	}
}

func TestConfigure_refusesCountriesThatThereAreNot(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{
		`phone.countries: names what is no country with phones ("UK", "de"): "DE,UK,de" (flag): give ISO codes in capital letters such as US,GB,DE, or * for all`,
	}, mistakes(t, bootstrap.Sources{Flags: map[string]string{"phone.countries": "DE,UK,de"}}))
}

// The policy of the plug board is that of the configuration.
func TestNewPorts_phoneNumbers(t *testing.T) {
	t.Parallel()
	cfg, err := bootstrap.Configure(bootstrap.Sources{Flags: map[string]string{
		"environment": "testing", "database.url": "sqlite://:memory:", "phone.countries": "DE",
	}})
	require.NoError(t, err)
	ports, closePorts, err := bootstrap.NewPorts(t.Context(), cfg)
	require.NoError(t, err)
	defer closePorts()
	for number, fine := range map[string]bool{"+4915112345678": true, "+12025550123": false, "+491801234567": false} {
		id, err := domain.ParsePhone(number)
		require.NoError(t, err)
		require.Equal(t, fine, ports.PhoneNumbers.Check(id) == nil, number)
	}
}
