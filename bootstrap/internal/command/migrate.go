package command

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
)

type migrateUp struct{ output }

type migrateStatus struct{ output }

func (p *program) migrateCommand() *cobra.Command {
	up, status := &migrateUp{output{program: p}}, &migrateStatus{output{program: p}}
	return group("migrate", "Look at the schema of the database, or bring it up to date",
		up.flag(leaf(&cobra.Command{Use: "up", Short: "Bring the schema up to date"}, up.run)),
		status.flag(leaf(&cobra.Command{
			Use:   "status",
			Short: "Say which version the schema has, and which one is needed",
			Long: "Say which version the schema has, and which one is needed.\n" +
				"Exits with 0 whatever it finds, up to date or not; with 1 when it cannot look.",
		}, status.run)),
	)
}

// run brings the schema up to date, and prints the version before and after.
func (m *migrateUp) run(ctx context.Context) error {
	cfg, err := m.configure(ctx)
	if err != nil {
		return err
	}
	from, to, err := wiring.Migrate(ctx, cfg)
	switch {
	case err != nil:
		return err
	case m.json:
		return m.printJSON(map[string]int64{"from": from, "to": to})
	case from == to:
		return m.print(fmt.Sprintf("The schema is up to date: version %d.\n", to))
	default:
		return m.print(fmt.Sprintf("The schema is now version %d (was %d).\n", to, from))
	}
}

// run prints the version of the schema and the one that this program needs.
func (m *migrateStatus) run(ctx context.Context) error {
	cfg, err := m.configure(ctx)
	if err != nil {
		return err
	}
	have, want, err := wiring.SchemaStatus(ctx, cfg)
	switch {
	case err != nil:
		return err
	case m.json:
		return m.printJSON(map[string]any{"version": have, "want": want, "up_to_date": have >= want})
	case have > want:
		return m.print(fmt.Sprintf("The schema has version %d: newer than this program, which needs %d.\n", have, want))
	case have == want:
		return m.print(fmt.Sprintf("The schema is up to date: version %d.\n", have))
	default:
		return m.print(fmt.Sprintf("The schema has version %d, this program needs %d: run migrate up.\n", have, want))
	}
}
