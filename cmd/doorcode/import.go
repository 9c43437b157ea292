package main

import (
	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func importCommand(c *bootstrap.Command) *cobra.Command {
	django := does(&cobra.Command{
		Use:   "django",
		Short: "Take over the people of a Django-CFG project, and where they came from",
		Long: "Take over the people of a Django-CFG project, and where they came from: everybody or, when it fails, nobody. A second run\n" +
			"changes nothing more. What cannot be as it was is told line by line, by the id there. It may run beside a server\n" +
			"(docs/migrating-from-django-cfg.md).\n" +
			"The URL of the database is better given in DOORCODE_IMPORT_FROM or DOORCODE_IMPORT_FROM_FILE: others may see a command line.",
	}, c.ImportDjango)
	flags := django.Flags()
	flags.StringVar(&c.Import.From, "from", "", "the database of the project, `postgres://user@host/name`")
	flags.BoolVar(&c.Import.DryRun, "dry-run", false, "do everything, and leave nothing behind")
	flags.BoolVar(&c.Import.TrustEmails, "trust-emails", false,
		"take e-mail addresses for proved where no column says which are: only if nobody there could set one without proving it")
	return group("import", "Take over people from other products", prints(c, django))
}
