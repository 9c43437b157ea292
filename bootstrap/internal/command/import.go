package command

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/adapters/djangocfg"
	"github.com/doorcode-auth/doorcode/adapters/phonenumbers"
	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/application/importing"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
)

// importDjango imports the users of a Django-CFG project. Its reports are printed as they
// come, or all in one JSON object.
type importDjango struct {
	*program
	from                string
	dryRun, trustEmails bool

	reports  []importReport
	printing error
}

func (p *program) importCommand() *cobra.Command {
	i := &importDjango{program: p, reports: []importReport{}}
	django := &cobra.Command{
		Use:   "django",
		Short: "Import the users of a Django-CFG project, and their sources",
		Long: "Import the users of a Django-CFG project, and their sources: all or, when it fails, none. A second run\n" +
			"changes nothing more. What cannot be as it was is reported line by line, by the id there. It may run beside a\n" +
			"server (docs/migrating-from-django-cfg.md).\n" +
			"The URL of the database is better given in DOORCODE_IMPORT_FROM or DOORCODE_IMPORT_FROM_FILE: other users of\n" +
			"the machine may see a command line.",
	}
	flags := django.Flags()
	flags.StringVar(&i.from, "from", "", "the database of the project, `postgres://user@host/name`")
	flags.BoolVar(&i.dryRun, "dry-run", false, "do everything, and leave nothing behind")
	flags.BoolVar(&i.trustEmails, "trust-emails", false, "take e-mail addresses as verified where no column says which "+
		"are: only if no user there could set one without verification")
	return group("import", "Import users from other products", p.command(django, i.run))
}

// run imports all users with their sources or, when it fails or is interrupted, none.
func (i *importDjango) run(ctx context.Context, _ []string) (output, error) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	from, err := i.source(os.LookupEnv)
	if err != nil {
		return output{}, err
	}
	foreign, closeForeign, err := djangocfg.Open(ctx, djangocfg.Config{URL: from.Reveal(), TrustEmails: i.trustEmails})
	if err != nil {
		return output{}, err
	}
	defer closeForeign()
	return i.withStores(ctx, func(cfg *config.Config, s wiring.Stores) (output, error) {
		rules, err := config.SourceRules(cfg)
		if err != nil {
			return output{}, err
		}
		out, err := importing.NewImportUsers(importing.Ports{
			ForeignUsers: foreign, UserImports: s.UserImports, PhoneNumbers: &phonenumbers.Policy{},
			Clock: system.Clock{}, Random: system.Random{},
		}, rules).Do(ctx, importing.ImportUsersIn{DryRun: i.dryRun, Report: i.report, Progress: i.progress})
		if err != nil {
			return output{}, fmt.Errorf("nothing was imported: %w", err)
		}
		return i.result(out), i.printing
	})
}

// source returns the database to import from. The flag counts before the variables.
func (i *importDjango) source(lookUp func(string) (string, bool)) (from config.DatabaseURL, err error) {
	variable, _ := lookUp(config.ImportVariable)
	path, _ := lookUp(config.ImportFileVariable)
	switch {
	case i.from != "":
	case variable != "" && path != "":
		return from, fmt.Errorf("%w: %s and %s are both set: keep one of the two", errUsage, config.ImportVariable,
			config.ImportFileVariable)
	case path != "":
		if variable, err = settings.ReadValue(path); err != nil {
			return from, fmt.Errorf("%w: the file of %s cannot be read: check its path and that you may read it", errUsage,
				config.ImportFileVariable)
		}
	}
	text := strings.TrimSpace(cmp.Or(i.from, variable))
	if text == "" {
		return from, fmt.Errorf("%w: name the database to import from in %s, %s or --from: "+
			"postgres://user:password@host/name",
			errUsage, config.ImportVariable, config.ImportFileVariable)
	}
	if err := from.UnmarshalText([]byte(text)); err != nil || from.IsSQLite() {
		return from, fmt.Errorf("%w: the database to import from wants postgres://user:password@host/name; "+
			"in a password, write what is no letter or digit as %%XX, and sslmode is one of %s", errUsage,
			strings.Join(config.SSLModes(), ", "))
	}
	return from, nil
}

// importReport has the fields of importing.Report.
type importReport struct {
	ForeignID int64  `json:"django_id"`
	UserID    int64  `json:"user_id,omitempty"`
	Field     string `json:"field,omitempty"`
	Code      string `json:"code"`
	Done      string `json:"done"`
	Cure      string `json:"cure,omitempty"`
}

func (i *importDjango) report(r importing.Report) {
	if i.json {
		i.reports = append(i.reports, importReport(r))
		return
	}
	line := fmt.Sprintf("Django user %d", r.ForeignID)
	if r.Field != "" {
		line += ", " + r.Field
	}
	line += ": " + r.Done
	if r.UserID != 0 {
		line += fmt.Sprintf(" (user %d here)", r.UserID)
	}
	if r.Cure != "" {
		line += "; cure: " + r.Cure
	}
	i.printing = cmp.Or(i.printing, i.show(output{text: line + " [" + r.Code + "]\n"}))
}

// progress reports how far a long import is.
func (i *importDjango) progress(done, all int) {
	const often = 10_000
	if done%often == 0 {
		wiring.Print(i.stderr, fmt.Sprintf("%d of %d people\n", done, all))
	}
}

// result counts each foreign user in exactly one of the five members that follow people.
func (i *importDjango) result(out importing.ImportUsersOut) output {
	text := fmt.Sprintf("%d people: %d added, %d completed, %d unchanged, %d left out, %d deleted there. %d links to "+
		"sources. %d lines above to look at.\n",
		out.Foreign, out.Added, out.Completed, out.Unchanged, out.LeftOut, out.Deleted, out.Linked, out.Reports)
	switch {
	case i.dryRun:
		text += "This was a dry run: nothing was stored.\n"
	case out.Added+out.Completed == 0:
		text += "Nothing has changed.\n"
	}
	return output{text, map[string]any{
		"dry_run": i.dryRun, "people": out.Foreign, "added": out.Added, "completed": out.Completed,
		"unchanged": out.Unchanged, "left_out": out.LeftOut, "deleted": out.Deleted, "linked": out.Linked,
		"reports": i.reports,
	}}
}
