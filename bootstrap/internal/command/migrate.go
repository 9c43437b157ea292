package command

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
)

func (p *program) migrateCommand() *cobra.Command {
	return group("migrate", "Inspect the schema of the database, or bring it up to date",
		p.command(&cobra.Command{Use: "up", Short: "Bring the schema up to date"}, p.configured(migrateUp)),
		p.command(&cobra.Command{
			Use:   "status",
			Short: "Print the version of the schema, and the one that is needed",
			Long: "Print the version of the schema, and the one that is needed.\n" +
				"Exits with 0 whether it is up to date or not; with 1 when the database cannot be read.",
		}, p.configured(migrateStatus)),
	)
}

func migrateUp(ctx context.Context, cfg *config.Config) (output, error) {
	from, to, err := wiring.Migrate(ctx, cfg)
	if err != nil {
		return output{}, err
	}
	text := fmt.Sprintf("The schema is now version %d (was %d).\n", to, from)
	if from == to {
		text = fmt.Sprintf("The schema is up to date: version %d.\n", to)
	}
	return output{text, map[string]int64{"from": from, "to": to}}, nil
}

func migrateStatus(ctx context.Context, cfg *config.Config) (output, error) {
	have, want, err := wiring.SchemaStatus(ctx, cfg)
	if err != nil {
		return output{}, err
	}
	text := fmt.Sprintf("The schema is up to date: version %d.\n", have)
	switch {
	case have > want:
		text = fmt.Sprintf("The schema has version %d: newer than this program, which needs %d.\n", have, want)
	case have < want:
		text = fmt.Sprintf("The schema has version %d, this program needs %d: run migrate up.\n", have, want)
	}
	return output{text, map[string]any{"version": have, "want": want, "up_to_date": have >= want}}, nil
}
