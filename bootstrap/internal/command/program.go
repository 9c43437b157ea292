package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
)

// Options are what a program adds to doorcode. The zero value is doorcode as it ships.
type Options struct {
	// Providers come after the product's own. Each has a section of its name in the
	// configuration. Defaults to none.
	Providers []port.Provider

	// Swap changes ports before serve makes the app of them. Defaults to no change.
	Swap func(*wiring.Ports)

	// Wrap goes around the handler that serve answers with. Defaults to nothing.
	Wrap func(http.Handler) http.Handler
}

// Run runs the command that args name, which have no program name in front, and returns
// the exit code: 0 done, 1 failed, 2 wrong usage or configuration.
func Run(args []string, options Options) int {
	p := &program{Options: options, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	return p.run(context.Background(), args...)
}

// program is one call of the program.
type program struct {
	Options
	stdin          io.Reader
	stdout, stderr io.Writer
	json           bool // --output

	file      string            // --config
	flags     map[string]string // values by key of the configuration
	flagNames map[string]string // the flags that gave them, by key
}

// errUsage marks a wrong command line.
var errUsage = errors.New("wrong usage")

func (p *program) run(ctx context.Context, args ...string) int {
	err := execute(ctx, p.root(), args)
	if err != nil {
		wiring.Print(p.stderr, "doorcode: "+err.Error()+"\n")
	}
	_, isMistake := errors.AsType[config.Mistakes](err)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage), isMistake:
		return 2
	default:
		return 1
	}
}

// root makes the tree. The command without a name serves.
func (p *program) root() *cobra.Command {
	p.flags, p.flagNames = map[string]string{}, map[string]string{}
	cmd := p.serveCommand()
	cmd.Use = "doorcode"
	cmd.Short = "Passwordless sign-in: one-time codes in, tokens out"
	cmd.Long = cmd.Short + ".\nWithout a command doorcode serves."
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.CompletionOptions.HiddenDefaultCmd = true
	cmd.SetOut(p.stdout)
	cmd.SetErr(p.stderr)
	cmd.SetFlagErrorFunc(flagError)
	cmd.SetHelpCommand(helpCommand())
	cmd.SuggestionsMinimumDistance = 2
	printVersion := cmd.Flags().Bool("version", false, "print the version")
	serve := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *printVersion {
			out, err := showVersion(cmd.Context(), args)
			return errors.Join(p.show(out), err)
		}
		return serve(cmd, args)
	}
	p.addConfigurationFlags(cmd)
	cmd.AddCommand(
		p.serveCommand(), p.migrateCommand(), p.configCommand(), p.keysCommand(), p.tokenCommand(), p.userCommand(),
		p.importCommand(), p.messageCommand(), p.sendCommand(), p.sourcesCommand(), p.healthcheckCommand(),
		p.versionCommand(),
	)
	return cmd
}

// addConfigurationFlags adds the flags that every command has: a file, any key, and
// short forms of keys that are often set.
func (p *program) addConfigurationFlags(cmd *cobra.Command) {
	flags := cmd.PersistentFlags()
	flags.StringVar(&p.file, "config", "", "path of a YAML file")
	flags.Func("set", "any key of the configuration, `key=value`; may be repeated", unquoted(func(pair string) error {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return errors.New("--set wants key=value, such as otp.length=8")
		}
		p.flags[key], p.flagNames[key] = value, "--set"
		return nil
	}))
	for _, short := range []struct{ name, key, use string }{
		{"addr", "http.addr", "where to listen, host:port"},
		{"database-url", "database.url", "sqlite:// and a path, or postgres://..."},
		{"environment", "environment", "development, production or testing"},
		{"log-level", "log.level", "debug, info, warn or error"},
		{"public-url", "http.public_url", "the address that people use"},
	} {
		flags.Func(short.name, short.use, func(value string) error {
			p.flags[short.key], p.flagNames[short.key] = value, "--"+short.name
			return nil
		})
	}
}

// read reads the configuration of the process. With mistakes it looks for those about
// channels too, so that all are reported at once; the configuration is returned beside
// them.
func (p *program) read(ctx context.Context) (*config.Config, error) {
	sources := config.Sources{Flags: p.flags, FlagNames: p.flagNames, Environ: os.Environ(), File: p.file}
	cfg, mistakes, err := config.Read(sources, p.providers())
	if err != nil {
		return nil, err
	}
	cfg.Stdout, cfg.Stderr = p.stdout, p.stderr
	if len(mistakes) > 0 {
		_, warnings, more := wiring.OpenProviders(ctx, cfg, mistakes)
		cfg.Warnings = append(cfg.Warnings, warnings...)
		return cfg, append(mistakes, more...)
	}
	return cfg, nil
}

// configure is read with the warnings printed.
func (p *program) configure(ctx context.Context) (*config.Config, error) {
	cfg, err := p.read(ctx)
	p.warn(cfg)
	return cfg, err
}

// warn prints the warnings of a configuration, which may be nil.
func (p *program) warn(cfg *config.Config) {
	if cfg == nil {
		return
	}
	var lines strings.Builder
	for _, warning := range cfg.Warnings {
		lines.WriteString("warning: " + warning.String() + "\n")
	}
	wiring.Print(p.stderr, lines.String())
}

// providers are the product's and those of the options.
func (p *program) providers() []port.Provider { return append(wiring.Providers(), p.Providers...) }

func (p *program) versionCommand() *cobra.Command {
	return p.command(&cobra.Command{Use: "version", Short: "Print the version"}, showVersion)
}

func showVersion(context.Context, []string) (output, error) {
	number, platform := config.BuildVersion(), runtime.GOOS+"/"+runtime.GOARCH
	return output{
		fmt.Sprintf("doorcode %s (%s, %s)\n", number, runtime.Version(), platform),
		map[string]string{"version": number, "go": runtime.Version(), "platform": platform},
	}, nil
}

// execute runs the command of args. Help is for existing commands only: cobra would
// print it for any words in front of --help.
func execute(ctx context.Context, root *cobra.Command, args []string) error {
	var wrong error
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if wrong = cmd.ValidateArgs(cmd.Flags().Args()); wrong == nil {
			help(cmd, args)
		}
	})
	root.SetArgs(append([]string{}, args...)) // never nil, which would be os.Args
	return cmp.Or(root.ExecuteContext(ctx), wrong)
}

// command completes a command that prints its result in the format of --output, beside an
// error too.
func (p *program) command(
	cmd *cobra.Command, run func(ctx context.Context, args []string) (output, error),
) *cobra.Command {
	cmd.Flags().Func("output", "`format` of what is printed: text or json", unquoted(p.outputFlag))
	return leaf(cmd, func(ctx context.Context, args []string) error {
		out, err := run(ctx, args)
		return errors.Join(p.show(out), err)
	})
}

// configured runs a command without arguments with the configuration.
func (p *program) configured(
	run func(context.Context, *config.Config) (output, error),
) func(context.Context, []string) (output, error) {
	return func(ctx context.Context, _ []string) (output, error) {
		cfg, err := p.configure(ctx)
		if err != nil {
			return output{}, err
		}
		return run(ctx, cfg)
	}
}

// leaf completes a command, which takes no arguments unless its Args say otherwise.
func leaf(cmd *cobra.Command, run func(ctx context.Context, args []string) error) *cobra.Command {
	if cmd.Args == nil {
		cmd.Args = noArguments
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), args) }
	return cmd
}

func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasSubCommands():
		return unknownCommand(cmd, args[0])
	default:
		return usageError(cmd, fmt.Errorf("%s takes no arguments", cmd.Name()))
	}
}

// group makes a command of sub-commands. Alone it prints its help.
func group(use, short string, below ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, SuggestionsMinimumDistance: 2, Args: noArguments}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.AddCommand(below...)
	return cmd
}

// helpCommand is the command help, which names another command by its words.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Print the help of a command",
		RunE: func(cmd *cobra.Command, words []string) error {
			about, rest, err := cmd.Root().Find(words)
			switch {
			case err != nil:
				return usageError(cmd.Root(), err)
			case len(rest) > 0:
				return unknownCommand(about, rest[0])
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// unknownCommand reports a name that no sub-command has, with the closest one.
func unknownCommand(cmd *cobra.Command, name string) error {
	err := fmt.Errorf("there is no command %q", name)
	if like := cmd.SuggestionsFor(name); len(like) > 0 {
		err = fmt.Errorf("%w, did you mean %s?", err, like[0])
	}
	return usageError(cmd, err)
}

// unquotedError is the error of a flag. What cobra puts around it quotes the value,
// which may be a secret.
type unquotedError struct{ error }

func unquoted(set func(string) error) func(string) error {
	return func(value string) error {
		if err := set(value); err != nil {
			return unquotedError{err}
		}
		return nil
	}
}

func flagError(cmd *cobra.Command, err error) error {
	if own, ok := errors.AsType[unquotedError](err); ok {
		err = own.error
	}
	return usageError(cmd, err)
}

func usageError(cmd *cobra.Command, err error) error {
	return fmt.Errorf("%w: %w (see %s --help)", errUsage, err, cmd.CommandPath())
}
