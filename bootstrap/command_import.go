package bootstrap

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/doorcode-auth/doorcode/adapters/djangocfg"
	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/application/importing"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
)

// ImportFlags are those of the import commands.
type ImportFlags struct {
	From        string // --from: the URL of the database to import from
	DryRun      bool   // --dry-run
	TrustEmails bool   // --trust-emails: take addresses for proved where no column says which are
}

// add makes flags of them.
func (f *ImportFlags) add(flags *flag.FlagSet) {
	flags.StringVar(&f.From, "from", "", "`URL` of the database to import from; better "+importVariable+" (import)")
	flags.BoolVar(&f.DryRun, "dry-run", false, "do everything, and leave nothing behind (import)")
	flags.BoolVar(&f.TrustEmails, "trust-emails", false, "take e-mail addresses for proved where no column says which are (import)")
}

// The variables that name the database to import from, instead of the flag: a URL with
// a password is for no command line.
const (
	importVariable     = "DOORCODE_IMPORT_FROM"
	importFileVariable = importVariable + "_FILE"
)

// ImportDjango takes over the people of a Django-CFG project, their sources and their
// links: everybody or, when it fails or is interrupted, nobody. What is not as it was is
// told line by line.
func (c *Command) ImportDjango(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	from, err := c.Import.from(os.LookupEnv)
	if err != nil {
		return err
	}
	foreign, closeForeign, err := djangocfg.Open(ctx, djangocfg.Config{URL: from.Reveal(), TrustEmails: c.Import.TrustEmails})
	if err != nil {
		return err
	}
	defer closeForeign()
	return c.withAccounts(ctx, func(cfg *Config, s stores) error {
		rules, err := sourceRules(cfg)
		if err != nil {
			return err
		}
		printed := &importPrinter{Command: c}
		out, err := importing.NewImportUsers(importing.Ports{
			ForeignUsers: foreign, UserImports: s.UserImports, Clock: system.Clock{}, Random: system.Random{},
		}, rules).Do(ctx, importing.ImportUsersIn{
			DryRun: c.Import.DryRun, Report: printed.report, Progress: printed.progress,
		})
		if err != nil {
			return fmt.Errorf("nothing was imported: %w", err)
		}
		return printed.result(out)
	})
}

// from is the database to import from. The flag counts before the variables.
func (f ImportFlags) from(lookUp func(string) (string, bool)) (from DatabaseURL, err error) {
	variable, _ := lookUp(importVariable)
	path, _ := lookUp(importFileVariable)
	switch {
	case f.From != "":
	case variable != "" && path != "":
		return from, fmt.Errorf("%w: %s and %s are both set: keep one of the two", ErrUsage, importVariable, importFileVariable)
	case path != "":
		if variable, err = settings.ReadValue(path); err != nil {
			return from, fmt.Errorf("%w: the file of %s cannot be read: check its path and that you may read it", ErrUsage, importFileVariable)
		}
	}
	text := strings.TrimSpace(cmp.Or(f.From, variable))
	if text == "" {
		return from, fmt.Errorf("%w: name the database to import from in %s, %s or --from: postgres://user:password@host/name",
			ErrUsage, importVariable, importFileVariable)
	}
	if err := from.UnmarshalText([]byte(text)); err != nil || from.IsSQLite() {
		return from, fmt.Errorf("%w: the database to import from wants postgres://user:password@host/name; "+
			"in a password, write what is no letter or digit as %%XX, and sslmode is one of %s", ErrUsage, strings.Join(sslModes(), ", "))
	}
	return from, nil
}
