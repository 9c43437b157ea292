package main

import (
	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func serveCommand(c *bootstrap.Command) *cobra.Command {
	return does(&cobra.Command{
		Use:   "serve",
		Short: "Run the service (the default)",
		Long:  "Run the service until SIGTERM or SIGINT. It brings the database's schema up to date first.",
	}, c.Serve)
}
