package bootstrap_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
	"github.com/doorcode-auth/doorcode/domain"
)

func TestOpenChannels(t *testing.T) {
	t.Parallel()
	fallback := []string{"email: console/email", "sms: console/phone", "voice: console/phone", "whatsapp: console/phone"}
	for name, row := range map[string]struct {
		variables []string
		want      []string
	}{
		"the console serves what no other provider does": {nil, fallback},
		"a configured provider comes before the console": {[]string{"DOORCODE_LOFT_TOKEN=x"}, []string{
			"email: loft/email", "pigeon: loft/phone", "sms: console/phone", "voice: console/phone", "whatsapp: console/phone",
		}},
		"named providers serve, in that order": {
			[]string{"DOORCODE_LOFT_TOKEN=x", "DOORCODE_EMAIL_PROVIDERS=console,loft", "DOORCODE_PIGEON_PROVIDERS=console"},
			[]string{
				"email: console/email,loft/email", "pigeon: console/phone", "sms: console/phone", "voice: console/phone",
				"whatsapp: console/phone",
			},
		},
		"production has no console": {
			append(production(), "DOORCODE_LOFT_TOKEN=x"),
			[]string{"email: loft/email", "pigeon: loft/phone"},
		},
		"but where it is named": {
			append(production(), "DOORCODE_SMS_PROVIDERS=console"),
			[]string{"sms: console/phone"},
		},
		"a variable for a channel that there is not does no harm": {[]string{"DOORCODE_CARRIER_PROVIDERS=loft"}, fallback},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := routes(t, bootstrap.Sources{Environ: row.variables}, loft())
			require.NoError(t, err)
			require.Equal(t, row.want, got)
		})
	}
}

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

func TestOpenChannels_mistakes(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		variables []string
		file      string
		want      []string
	}{
		"production without a provider": {variables: production(), want: []string{
			"email.providers: no channel has a provider: set up a provider for one channel at least, or name console to read codes from the server's output",
		}},
		"a provider that there is not": {variables: []string{"DOORCODE_SMS_PROVIDERS=twilo"}, want: []string{
			"sms.providers: names a provider that there is not: \"twilo\" (DOORCODE_SMS_PROVIDERS): name one of " +
				shippedFor("sms") + ", loft",
		}},
		"a provider that there is not, for e-mail": {
			variables: []string{"DOORCODE_EMAIL_PROVIDERS=console,mailgun"},
			want: []string{
				"email.providers: names a provider that there is not: \"console,mailgun\" (DOORCODE_EMAIL_PROVIDERS): name one of " +
					shippedFor("email") + ", loft",
			},
		},
		"a provider that there is not, beside one of which more is known": {variables: []string{
			"DOORCODE_LOFT_TOKEN=x",
			"DOORCODE_SMS_PROVIDERS=a",
		}, want: []string{
			"sms.providers: names a provider that there is not: \"a\" (DOORCODE_SMS_PROVIDERS): name one of " +
				shippedFor("sms"),
		}},
		"a provider of another channel": {variables: []string{"DOORCODE_SMS_PROVIDERS=smtp"}, want: []string{
			"sms.providers: names smtp, which does not serve this channel (DOORCODE_SMS_PROVIDERS): name one of " +
				shippedFor("sms") + ", loft",
		}},
		"a provider that is not set up": {variables: []string{"DOORCODE_EMAIL_PROVIDERS=loft"}, want: []string{
			"email.providers: names loft, which is not set up for this channel (DOORCODE_EMAIL_PROVIDERS): set up loft (see its keys in the documentation), or take it out",
		}},
		"a provider twice": {variables: []string{"DOORCODE_EMAIL_PROVIDERS=console,console"}, want: []string{
			"email.providers: names console twice (DOORCODE_EMAIL_PROVIDERS): name each provider once",
		}},
		"a channel that there is not": {file: "carrier: {providers: [console]}\n", want: []string{
			"carrier.providers: no provider serves a channel carrier (doorcode.yaml:1): take it out",
		}},
		"a route of phones over e-mail": {variables: []string{"DOORCODE_PHONE_CHANNELS=sms,email"}, want: []string{
			"phone.channels: names email, which cannot reach phones (DOORCODE_PHONE_CHANNELS): name channels such as sms,whatsapp,voice",
		}},
		"a route of phones over what there is not": {
			variables: []string{"DOORCODE_PHONE_CHANNELS=pigeon,sms,email"},
			want: []string{
				"phone.channels: names pigeon, email, which cannot reach phones (DOORCODE_PHONE_CHANNELS): name channels such as sms,whatsapp,voice",
			},
		},
		"a provider that cannot be opened": {variables: []string{
			"DOORCODE_LOFT_BROKEN=true",
			"DOORCODE_EMAIL_PROVIDERS=loft",
		}, want: []string{
			"loft: the provider cannot be opened: mend it",
		}},
		"two at once": {variables: []string{"DOORCODE_SMS_PROVIDERS=a", "DOORCODE_VOICE_PROVIDERS=b"}, want: []string{
			"sms.providers: names a provider that there is not: \"a\" (DOORCODE_SMS_PROVIDERS): name one of " +
				shippedFor("sms") + ", loft",
			"voice.providers: names a provider that there is not: \"b\" (DOORCODE_VOICE_PROVIDERS): name one of " +
				shippedFor("voice") + ", loft",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := routes(t, bootstrap.Sources{Environ: row.variables, File: configFile(t, row.file)}, loft())
			require.Equal(t, row.want, mistakesIn(t, err))
		})
	}
}

func TestOpenChannels_refusesWhatIsNoChannel(t *testing.T) {
	t.Parallel()
	for name, sender := range map[string]port.ChannelSender{
		"no name":       {Channel: domain.Channel{Kind: domain.KindPhone}, Sender: noSender{}},
		"no kind":       {Channel: domain.Channel{Name: "pigeon"}, Sender: noSender{}},
		"another kind":  {Channel: domain.Channel{Name: "sms", Kind: domain.KindEmail}, Sender: noSender{}},
		"no sender":     {Channel: domain.Channel{Name: "sms", Kind: domain.KindPhone}},
		"an upper case": {Channel: domain.Channel{Name: "SMS", Kind: domain.KindPhone}, Sender: noSender{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := port.NewProvider("odd", struct{}{}, func(context.Context, struct{}) ([]port.ChannelSender, error) {
				return []port.ChannelSender{sender}, nil
			})
			_, err := routes(t, bootstrap.Sources{}, provider)
			require.ErrorContains(t, err, "which cannot be")
		})
	}
}
