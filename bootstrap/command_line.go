package bootstrap

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/doorcode-auth/doorcode/application/port"
)

// Run is a whole program: the commands of doorcode with providers of one's own.
// args are the arguments without the program's name; what it returns is for
// os.Exit.
func Run(args []string, extra ...port.Provider) int {
	c := &Command{Providers: extra}
	action, err := c.parse(args)
	if err == nil {
		err = action(context.Background())
	}
	return c.Report(err)
}

// ShortFlag is a flag of its own for a key that is often set.
type ShortFlag struct {
	Name string // "addr"
	Key  string // "http.addr"
	Use  string
}

// ShortFlags are the keys that have a flag of their own; --set takes all keys.
func ShortFlags() []ShortFlag {
	return []ShortFlag{
		{"addr", "http.addr", "where to listen, host:port"},
		{"database-url", "database.url", "sqlite:// and a path, or postgres://..."},
		{"environment", "environment", "development, production or testing"},
		{"log-level", "log.level", "debug, info, warn or error"},
		{"public-url", "http.public_url", "the address that people use"},
	}
}

// Set takes the argument of --set, key=value.
func (c *Command) Set(pair string) error {
	key, value, ok := strings.Cut(pair, "=")
	if !ok || key == "" {
		return errors.New("--set wants key=value, such as otp.length=8")
	}
	c.set(key, value, "--set")
	return nil
}

// SetShort takes the argument of a flag of its own.
func (c *Command) SetShort(short ShortFlag, value string) { c.set(short.Key, value, "--"+short.Name) }

func (c *Command) set(key, value, flag string) {
	if c.Flags == nil {
		c.Flags, c.flagNames = map[string]string{}, map[string]string{}
	}
	c.Flags[key], c.flagNames[key] = value, flag
}

// Output takes the argument of --output: text or json.
func (c *Command) Output(format string) error {
	if format != "text" && format != "json" {
		return errors.New("--output wants text or json")
	}
	c.JSON = format == "json"
	return nil
}

// SetLimit takes the argument of --limit.
func (c *Command) SetLimit(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return fmt.Errorf("--limit wants a whole number from 1 to %d", maxLimit)
	}
	c.Limit = n
	return nil
}

const maxLimit = 1000

// Report prints what went wrong, if anything, and returns what to exit with.
func (c *Command) Report(err error) int {
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		say(c.stderr(), "doorcode: "+err.Error()+"\n")
	}
	return ExitCode(err)
}

// actions are the commands by their words.
func (c *Command) actions() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"":                c.Serve,
		"serve":           c.Serve,
		"migrate up":      c.MigrateUp,
		"migrate status":  c.MigrateStatus,
		"config check":    c.CheckConfig,
		"config print":    c.PrintConfig,
		"healthcheck":     c.CheckHealth,
		"import django":   c.ImportDjango,
		"keys generate":   c.GenerateKey,
		"message preview": c.PreviewMessage,
		"send test":       c.SendTest,
		"sources explain": c.ExplainSource,
		"sources report":  c.SourcesReport,
		"sources top":     c.SourcesTop,
		"token info":      c.TokenInfo,
		"token inspect":   c.InspectToken,
		"version":         c.PrintVersion,

		"user create-superuser": c.CreateSuperuser,
		"user show":             c.ShowUser,
		"user list":             c.ListUsers,
		"user activate":         c.ActivateUser,
		"user deactivate":       c.DeactivateUser,
		"user delete":           c.DeleteUser,
		"user export":           c.ExportUser,
	}
}

const usage = "Commands: serve (default), migrate up|status, config check|print, keys generate, token info|inspect,\nuser create-superuser|show|list|activate|deactivate|delete|export, import django, message preview, send test, sources top|report|explain,\nhealthcheck, version.\nFlags, before or after the command:\n"

// parse reads a command line without help from any library, for programs outside
// of this tree.
func (c *Command) parse(args []string) (func(context.Context) error, error) {
	var words []string
	flags := flag.NewFlagSet("doorcode", flag.ContinueOnError)
	flags.SetOutput(c.stderr())
	flags.Usage = func() {
		if c.begins(words) {
			fmt.Fprint(c.stderr(), usage)
			flags.PrintDefaults()
		}
	}
	flags.StringVar(&c.File, "config", "", "path of a YAML `file`")
	version := flags.Bool("version", false, "print the version")
	flags.Func("set", "any key of the configuration: `key=value`; may be repeated", c.Set)
	flags.StringVar(&c.Algorithm, "algorithm", "", "what a new key is for (keys generate)")
	flags.StringVar(&c.Out, "out", "", "path of the `file` of a new key (keys generate)")
	flags.StringVar(&c.Channel, "channel", "", "`channel` of a message (message preview, send test)")
	flags.StringVar(&c.Purpose, "purpose", "", "`purpose` of a message (message preview)")
	flags.StringVar(&c.Locale, "locale", "", "`language` of a message (message preview, send test)")
	flags.StringVar(&c.HTML, "html", "", "path of the `file` for the page of an e-mail (message preview)")
	flags.StringVar(&c.To, "to", "", "`recipient` of a message (send test)")
	c.User.add(flags)
	c.Import.add(flags)
	flags.Func("limit", "how `many` at most (user list, sources top)", c.SetLimit)
	flags.StringVar(&c.Since, "since", "", "from this `time` on: 30d, 12h, a date or a time (sources top, sources report)")
	flags.StringVar(&c.Until, "until", "", "until this `time`: 30d, 12h, a date or a time (sources top, sources report)")
	flags.Func("output", "`format` of what is printed: text or json", c.Output)
	for _, short := range ShortFlags() {
		flags.Func(short.Name, short.Use, func(value string) error { c.SetShort(short, value); return nil })
	}
	for len(args) > 0 {
		switch err := flags.Parse(args); {
		case errors.Is(err, flag.ErrHelp) && !c.begins(words):
			return nil, noCommand(words)
		case errors.Is(err, flag.ErrHelp):
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("%w: %w", ErrUsage, err)
		}
		if args = flags.Args(); len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	if named := min(len(words), 2); takesArgument(words[:named]) {
		words, c.Args = words[:named], words[named:]
	}
	action := c.actions()[strings.Join(words, " ")]
	switch {
	case *version:
		return c.PrintVersion, nil
	case action == nil:
		return nil, noCommand(words)
	}
	return action, nil
}

// takesArgument reports whether a command has words of its caller's behind its own.
func takesArgument(words []string) bool {
	command := strings.Join(words, " ")
	return command == "token inspect" || command == "sources explain"
}

// begins reports whether a command begins with these words.
func (c *Command) begins(words []string) bool {
	for command := range c.actions() {
		if strings.HasPrefix(command+" ", strings.Join(append(words, ""), " ")) {
			return true
		}
	}
	return len(words) == 0
}

func noCommand(words []string) error {
	return fmt.Errorf("%w: there is no command %q: see --help", ErrUsage, strings.Join(words, " "))
}

// configure reads the configuration of the process, and prints its warnings.
func (c *Command) configure(ctx context.Context) (*Config, error) {
	cfg, err := c.read(ctx)
	c.warn(cfg)
	if err != nil {
		return nil, err
	}
	return cfg, nil
}

// warn prints the warnings of a configuration, if there is one.
func (c *Command) warn(cfg *Config) {
	if cfg == nil {
		return
	}
	var lines strings.Builder
	for _, warning := range cfg.Warnings {
		lines.WriteString("warning: " + warning.String() + "\n")
	}
	say(c.stderr(), lines.String())
}

// read reads the configuration of the process. With mistakes it looks for those
// about channels too, so that all are told at once; the configuration comes back
// beside them.
func (c *Command) read(ctx context.Context) (*Config, error) {
	cfg, mistakes, err := configure(Sources{Flags: c.Flags, FlagNames: c.flagNames, Environ: os.Environ(), File: c.File}, c.Providers)
	if err != nil {
		return nil, err
	}
	cfg.Stdout, cfg.Stderr, cfg.Version = c.Stdout, c.Stderr, cmp.Or(c.Version, cfg.Version)
	if len(mistakes) > 0 {
		_, warnings, more := openProviders(ctx, cfg, mistakes)
		cfg.Warnings = append(cfg.Warnings, warnings...)
		return cfg, append(mistakes, more...)
	}
	return cfg, nil
}

func (c *Command) stdout() io.Writer { return cmp.Or[io.Writer](c.Stdout, os.Stdout) }

func (c *Command) stderr() io.Writer { return cmp.Or[io.Writer](c.Stderr, os.Stderr) }

func (c *Command) print(text string) error {
	_, err := io.WriteString(c.stdout(), text)
	return err
}

func (c *Command) printJSON(value any) error {
	encoder := json.NewEncoder(c.stdout())
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
