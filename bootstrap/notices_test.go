package bootstrap_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func TestConfigure_telegram(t *testing.T) {
	t.Parallel()
	const (
		token, chat, base = "telegram.bot_token", "telegram.chat_id", "telegram.base_url"
		secret            = "123456:ABC-def_1"
	)
	for _, row := range []struct {
		flags map[string]string
		want  []string
	}{
		{map[string]string{}, nil},
		{map[string]string{token: secret, chat: "-1001234567890"}, nil},
		{map[string]string{token: secret, chat: "@doorcode_admins", base: "http://127.0.0.1:8081"}, nil},
		{map[string]string{token: secret}, []string{
			"telegram.chat_id: missing: set it to the chat that the bot shall write to, or take telegram.bot_token out",
		}},
		{map[string]string{chat: "42"}, []string{
			"telegram.bot_token: missing: set it to the token of your bot, or take telegram.chat_id out",
		}},
		{map[string]string{token: secret + "/../x", chat: "42"}, []string{
			"telegram.bot_token: not a good value (flag): give the token as @BotFather shows it, such as 123456:ABC-def",
		}},
		{map[string]string{token: secret, chat: "our chat"}, []string{
			`telegram.chat_id: not a good value: "our chat" (flag): give the number of the chat, such as -1001234567890, or @name of a channel`,
		}},
		{map[string]string{token: secret, chat: "42", base: "api.telegram.org"}, []string{
			`telegram.base_url: not a good value: "api.telegram.org" (flag): give an address such as https://api.telegram.org, without query`,
		}},
	} {
		require.Equal(t, row.want, mistakes(t, bootstrap.Sources{Flags: row.flags}), "%v", row.flags)
	}
}

// The adapter exists only with its configuration. It sends no request.
func TestNewPorts_telegram(t *testing.T) {
	t.Parallel()
	const secret = "123456:ABC-def_1"
	flags := map[string]string{"database.url": "sqlite://:memory:"}
	for _, more := range []map[string]string{{}, {
		"telegram.bot_token": secret, "telegram.chat_id": "42",
		"telegram.base_url": "http://127.0.0.1:1",
	}} {
		all := maps.Clone(flags)
		maps.Copy(all, more)
		cfg, err := bootstrap.Configure(bootstrap.Sources{Flags: all})
		require.NoError(t, err)
		for _, e := range cfg.Entries() {
			require.NotContains(t, e.Value, secret, e.Key)
		}
		ports, closePorts, err := bootstrap.NewPorts(t.Context(), cfg)
		require.NoError(t, err)
		closePorts()
		require.Equal(t, len(more) == 0, ports.AdminNotifier == nil)
	}
}
