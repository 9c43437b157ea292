package main

import (
	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func messageCommand(c *bootstrap.Command) *cobra.Command {
	preview := does(&cobra.Command{
		Use:   "preview",
		Short: "Print a message as it would be sent, with a code that is none",
		Long: "Print a message as it would be sent, with a code that is none. The texts are those of the product and of message.dir;\n" +
			"docs/messages.md tells how to change them.",
	}, c.PreviewMessage)
	flags := preview.Flags()
	flags.StringVar(&c.Channel, "channel", "", "email, sms, whatsapp ... (default email)")
	flags.StringVar(&c.Purpose, "purpose", "", "what the code is for (default sign_in)")
	flags.StringVar(&c.Locale, "locale", "", "the language, such as de or pt-BR, or an Accept-Language")
	flags.StringVar(&c.HTML, "html", "", "path of a `file` for the page of an e-mail")
	return group("message", "Look at messages", prints(c, preview))
}
