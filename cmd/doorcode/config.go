package main

import (
	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func configCommand(c *bootstrap.Command) *cobra.Command {
	return group("config", "Look at the configuration",
		prints(c, does(&cobra.Command{Use: "check", Short: "Say everything that is wrong with it, with the cures"}, c.CheckConfig)),
		prints(c, does(&cobra.Command{Use: "print", Short: "Print every value and where it comes from; secrets stay hidden"}, c.PrintConfig)),
		does(&cobra.Command{Use: "docs", Short: "Print docs/configuration.md"}, c.PrintConfigDocs),
	)
}
