package main

import (
	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func migrateCommand(c *bootstrap.Command) *cobra.Command {
	return group("migrate", "Look at the schema of the database, or bring it up to date",
		prints(c, does(&cobra.Command{Use: "up", Short: "Bring the schema up to date"}, c.MigrateUp)),
		prints(c, does(&cobra.Command{
			Use:   "status",
			Short: "Say which version the schema has, and which one is needed",
			Long: "Say which version the schema has, and which one is needed.\n" +
				"Exits with 0 whatever it finds, up to date or not; with 1 when it cannot look.",
		}, c.MigrateStatus)),
	)
}
