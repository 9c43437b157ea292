package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

// root is the command without a word: it serves.
func root(c *bootstrap.Command) *cobra.Command {
	cmd := serveCommand(c)
	cmd.Use = "doorcode"
	cmd.Short = "Passwordless sign-in: one-time codes in, tokens out"
	cmd.Long = "Passwordless sign-in: one-time codes in, tokens out.\nWithout a command doorcode serves."
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.CompletionOptions.HiddenDefaultCmd = true
	cmd.SetFlagErrorFunc(wrongFlag)
	cmd.SetHelpCommand(helpCommand())
	cmd.SuggestionsMinimumDistance = 2
	version := cmd.Flags().Bool("version", false, "print the version")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *version {
			return c.PrintVersion(cmd.Context())
		}
		return c.Serve(cmd.Context())
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&c.File, "config", "", "path of a YAML file")
	flags.Func("set", "any key of the configuration, `key=value`; may be repeated", unquoted(c.Set))
	for _, short := range bootstrap.ShortFlags() {
		flags.Func(short.Name, short.Use, func(value string) error { c.SetShort(short, value); return nil })
	}
	cmd.AddCommand(
		serveCommand(c), migrateCommand(c), configCommand(c), keysCommand(c), tokenCommand(c), userCommand(c), importCommand(c), messageCommand(c), sendCommand(c), sourcesCommand(c), healthcheckCommand(c), versionCommand(c),
	)
	return cmd
}

// execute runs the command of the process's arguments. Help is for a command that there
// is: cobra would print it for any words that --help stands behind.
func execute(cmd *cobra.Command) error {
	var wrong error
	help := cmd.HelpFunc()
	cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if wrong = cmd.ValidateArgs(cmd.Flags().Args()); wrong == nil {
			help(cmd, args)
		}
	})
	return cmp.Or(cmd.Execute(), wrong)
}

// does makes a command of what it does.
func does(cmd *cobra.Command, do func(context.Context) error) *cobra.Command {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return nil
		case cmd.HasSubCommands():
			return noCommand(cmd, args[0])
		default:
			return wrongUsage(cmd, fmt.Errorf("%s takes no arguments", cmd.Name()))
		}
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return do(cmd.Context()) }
	return cmd
}

// group makes a command that only has others below it.
func group(use, short string, below ...*cobra.Command) *cobra.Command {
	cmd := does(&cobra.Command{Use: use, Short: short, SuggestionsMinimumDistance: 2}, nil)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return wrongUsage(cmd, fmt.Errorf("%s wants a command", use))
	}
	cmd.AddCommand(below...)
	return cmd
}

// helpCommand is help for a command by its words.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Print the help of a command",
		RunE: func(cmd *cobra.Command, words []string) error {
			about, rest, err := cmd.Root().Find(words)
			switch {
			case err != nil:
				return wrongUsage(cmd.Root(), err)
			case len(rest) > 0:
				return noCommand(about, rest[0])
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// prints adds --output to a command that prints data.
func prints(c *bootstrap.Command, cmd *cobra.Command) *cobra.Command {
	cmd.Flags().Func("output", "`format` of what is printed: text or json", unquoted(c.Output))
	return cmd
}

// noCommand says that there is no command of that name below another, and which
// one may be meant.
func noCommand(cmd *cobra.Command, name string) error {
	err := fmt.Errorf("there is no command %q", name)
	if like := cmd.SuggestionsFor(name); len(like) > 0 {
		err = fmt.Errorf("%w, did you mean %s?", err, like[0])
	}
	return wrongUsage(cmd, err)
}

// refusal is what a flag says of its value. What cobra puts around it quotes the
// value, which may be a secret.
type refusal struct{ error }

func unquoted(set func(string) error) func(string) error {
	return func(value string) error {
		if err := set(value); err != nil {
			return refusal{err}
		}
		return nil
	}
}

func wrongFlag(cmd *cobra.Command, err error) error {
	var own refusal
	if errors.As(err, &own) {
		err = own.error
	}
	return wrongUsage(cmd, err)
}

func wrongUsage(cmd *cobra.Command, err error) error {
	return fmt.Errorf("%w: %w (see %s --help)", bootstrap.ErrUsage, err, cmd.CommandPath())
}
