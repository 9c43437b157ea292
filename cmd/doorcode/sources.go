package main

import (
	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func sourcesCommand(c *bootstrap.Command) *cobra.Command {
	explain := &cobra.Command{
		Use:   "explain URL",
		Short: "Say how the URL of a source is classified, and by which rule",
		Long: "Say how the URL of a source is classified, and by which rule: those of the product and of sources.rules. Nothing is\n" +
			"kept, and nobody is asked. docs/sources.md tells how rules are written. Exits with 1 for what is no source.",
		RunE: func(cmd *cobra.Command, args []string) error {
			c.Args = args
			return c.ExplainSource(cmd.Context())
		},
	}
	return group("sources", "Look at where people come from", prints(c, explain))
}
