package main

import (
	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func tokenCommand(c *bootstrap.Command) *cobra.Command {
	inspect := &cobra.Command{
		Use:   "inspect [token]",
		Short: "Say whether a token is valid, or why not, and what it says",
		Long: "Say whether a token is valid, or why not, and what it says. Without an argument the token is read from standard input,\n" +
			"where no list of processes shows it. Exits with 1 for a token that is not valid. Whether the session of a token has\n" +
			"ended is not looked at.",
		RunE: func(cmd *cobra.Command, args []string) error {
			c.Args = args
			return c.InspectToken(cmd.Context())
		},
	}
	return group("token", "Look at tokens",
		prints(c, does(&cobra.Command{Use: "info", Short: "Say how long tokens are good, and what signs them"}, c.TokenInfo)),
		prints(c, inspect),
	)
}
