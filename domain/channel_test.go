package domain_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestChannelName_Valid(t *testing.T) {
	t.Parallel()
	for name, want := range map[domain.ChannelName]bool{
		"email": true, "sms": true, "whatsapp": true, "voice": true, "a": true, "telegram_2": true, "a_": true,
		domain.ChannelName(strings.Repeat("a", 32)): true,
		domain.ChannelName(strings.Repeat("a", 33)): false,
		"": false, "phone": false, "*": false, "SMS": false, "2fa": false, "_a": false, "a-b": false, "a b": false,
		"a.b":     false,
		"sms\x00": false, "ſms": false, "sms ": false, "../x": false,
	} {
		require.Equal(t, want, name.Valid(), "%q", name)
	}
}

func TestKnownChannels(t *testing.T) {
	t.Parallel()
	kinds := map[domain.ChannelName]domain.Kind{}
	for _, c := range domain.KnownChannels {
		require.True(t, c.Name.Valid(), "%q", c.Name)
		kinds[c.Name] = c.Kind
	}
	require.Equal(t, map[domain.ChannelName]domain.Kind{
		"email": domain.KindEmail, "sms": domain.KindPhone, "whatsapp": domain.KindPhone, "voice": domain.KindPhone,
	}, kinds)
}
