package main

import (
	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func healthcheckCommand(c *bootstrap.Command) *cobra.Command {
	return prints(c, does(&cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the service of this configuration, on this machine, whether it is ready",
		Long:  "Ask the service of this configuration, on this machine, whether it is ready.\nExits with 1 when it is not, or does not answer.",
	}, c.CheckHealth))
}
