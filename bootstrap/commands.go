package bootstrap

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/doorcode-auth/doorcode/application/port"
)

// Command is one call of the program: where its configuration comes from, where
// it prints, and its providers beside the product's own. Its methods are what the
// program can do; both doorcode and a main of one's own (Run) call them.
type Command struct {
	Flags     map[string]string // by key, "otp.length"
	File      string            // --config
	JSON      bool              // --output json
	Algorithm string            // --algorithm, of keys generate
	Out       string            // --out, of keys generate
	Channel   string            // --channel, of message preview and send test
	Purpose   string            // --purpose, of message preview
	Locale    string            // --locale, of message preview and send test
	HTML      string            // --html, of message preview: a file
	To        string            // --to, of send test
	Limit     int               // --limit, of user list and sources top; 0 is the usual one
	Since     string            // --since, of sources top and report
	Until     string            // --until, of sources top and report
	User      UserFlags         // of the user commands
	Import    ImportFlags       // of import django
	Args      []string          // of token inspect and sources explain
	Version   string            // defaults to that of the build
	Providers []port.Provider
	Stdin     io.Reader // defaults to that of the process
	Stdout    io.Writer // defaults to that of the process
	Stderr    io.Writer // defaults to that of the process

	flagNames map[string]string // how each of Flags was called, by key
}

// ErrUsage marks what a caller got wrong on the command line.
var ErrUsage = errors.New("wrong usage")

// ExitCode is what a program ends with after err: 0 done, 1 failed, 2 wrong usage
// or configuration.
func ExitCode(err error) int {
	var mistakes Mistakes
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrUsage), errors.As(err, &mistakes):
		return 2
	default:
		return 1
	}
}

// Serve runs the service until it is told to stop by SIGTERM or SIGINT; a second
// signal ends it at once. SIGHUP changes nothing: it is logged.
func (c *Command) Serve(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	context.AfterFunc(ctx, stop)   // the second one does what it does to any process
	signal.Ignore(syscall.SIGPIPE) // a reader of the log that goes away ends nothing
	tuneMemory()
	cfg, err := c.read(ctx)
	if err != nil {
		c.warn(cfg)
		return err
	}
	app, closeApp, err := openApp(ctx, cfg)
	if err != nil {
		c.warn(cfg) // Run would have logged them
		return err
	}
	defer closeApp()
	defer app.logHangups()()
	debug.FreeOSMemory() // what the start needed, and nothing else will
	return app.Run(ctx)
}

// openApp makes the app of a configuration, and holds its database.
func openApp(ctx context.Context, cfg *Config) (app *App, closeApp func(), err error) {
	release, err := cfg.holdDatabase(ctx)
	if err != nil {
		return nil, nil, err
	}
	ports, closePorts, err := NewPorts(ctx, cfg)
	if err != nil {
		release()
		return nil, nil, err
	}
	app, err = NewApp(cfg, ports)
	if err != nil {
		closePorts()
		release()
		return nil, nil, err
	}
	return app, func() {
		closePorts()
		release()
	}, nil
}

// logHangups takes SIGHUP, which would end the process, until the function that
// comes back is called.
func (a *App) logHangups() (release func()) {
	hangups, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-hangups:
				a.logger.Info("hangup ignored: restart to read the configuration again")
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(done)
	}
}

// CheckConfig says whether the configuration is good; if not, its error is every
// mistake.
func (c *Command) CheckConfig(ctx context.Context) error {
	cfg, err := c.read(ctx)
	if err == nil {
		_, err = OpenChannels(ctx, cfg)
	}
	var mistakes Mistakes
	if c.JSON && (err == nil || errors.As(err, &mistakes)) {
		report := struct {
			OK       bool     `json:"ok"`
			Mistakes Mistakes `json:"mistakes"`
			Warnings Mistakes `json:"warnings"`
		}{OK: err == nil, Mistakes: append(Mistakes{}, mistakes...), Warnings: Mistakes{}}
		if cfg != nil {
			report.Warnings = append(report.Warnings, cfg.Warnings...)
		}
		return errors.Join(c.printJSON(report), err)
	}
	c.warn(cfg)
	if err != nil {
		return err
	}
	return c.print("The configuration is good.\n")
}

// PrintConfig prints every key with its value and where it comes from; secrets
// stay hidden. A configuration with mistakes is printed too; they are the error.
func (c *Command) PrintConfig(ctx context.Context) error {
	cfg, err := c.read(ctx)
	if cfg == nil {
		return err
	}
	var mistakes Mistakes
	errors.As(err, &mistakes)
	senders, warnings, more := openProviders(ctx, cfg, mistakes)
	if err == nil { // else read has looked for them
		cfg.Warnings, err = append(cfg.Warnings, warnings...), more.OrNil()
	}
	entries := cfg.served(cfg.Entries(), senders)
	var printing error
	if c.JSON {
		printing = c.printJSON(entries)
	} else {
		printing = writeEntries(c.stdout(), entries)
	}
	c.warn(cfg)
	return cmp.Or(printing, err)
}

// PrintConfigDocs prints docs/configuration.md.
func (c *Command) PrintConfigDocs(context.Context) error { return WriteConfigDocs(c.stdout()) }

// MigrateUp brings the schema of the database up to date, and says from where to
// where.
func (c *Command) MigrateUp(ctx context.Context) error {
	cfg, err := c.configure(ctx)
	if err != nil {
		return err
	}
	from, to, err := cfg.migrate(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.printJSON(map[string]int64{"from": from, "to": to})
	}
	if from == to {
		return c.print(fmt.Sprintf("The schema is up to date: version %d.\n", to))
	}
	return c.print(fmt.Sprintf("The schema is now version %d (was %d).\n", to, from))
}

// MigrateStatus says which version the schema of the database has, and which one
// this program needs.
func (c *Command) MigrateStatus(ctx context.Context) error {
	cfg, err := c.configure(ctx)
	if err != nil {
		return err
	}
	have, want, err := cfg.schemaStatus(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.printJSON(map[string]any{"version": have, "want": want, "up_to_date": have >= want})
	}
	if have > want {
		return c.print(fmt.Sprintf("The schema has version %d: newer than this program, which needs %d.\n", have, want))
	}
	if have == want {
		return c.print(fmt.Sprintf("The schema is up to date: version %d.\n", have))
	}
	return c.print(fmt.Sprintf("The schema has version %d, this program needs %d: run migrate up.\n", have, want))
}

// PrintVersion prints the version of the program.
func (c *Command) PrintVersion(context.Context) error {
	if c.JSON {
		return c.printJSON(map[string]string{
			"version": cmp.Or(c.Version, buildVersion()), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH,
		})
	}
	return c.print(fmt.Sprintf("doorcode %s (%s, %s/%s)\n", cmp.Or(c.Version, buildVersion()), runtime.Version(), runtime.GOOS, runtime.GOARCH))
}
