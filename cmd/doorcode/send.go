package main

import (
	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func sendCommand(c *bootstrap.Command) *cobra.Command {
	test := does(&cobra.Command{
		Use:   "test",
		Short: "Send a real message by the configured providers, and say what became of it",
		Long: "Send a real message by the configured providers, and say step by step what became of it. It is the usual message with a\n" +
			"code that opens nothing. Nothing is counted, and no database is needed. Exits with 0 if it was sent, with 1 if not or if\n" +
			"nobody knows.",
	}, c.SendTest)
	flags := test.Flags()
	flags.StringVar(&c.Channel, "channel", "", "email, sms, whatsapp ... (default: as for a request that names none)")
	flags.StringVar(&c.To, "to", "", "an e-mail address, or a phone number such as +15551234567")
	flags.StringVar(&c.Locale, "locale", "", "the language, such as de or pt-BR")
	return group("send", "Send messages", prints(c, test))
}
