package main

import (
	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func versionCommand(c *bootstrap.Command) *cobra.Command {
	return prints(c, does(&cobra.Command{Use: "version", Short: "Print the version"}, c.PrintVersion))
}
