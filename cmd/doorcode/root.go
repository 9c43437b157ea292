package main

import (
	"context"
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
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return wrongUsage(err) })
	flags := cmd.PersistentFlags()
	flags.StringVar(&c.File, "config", "", "path of a YAML file")
	flags.Func("set", "any key of the configuration, `key=value`; may be repeated", c.Set)
	for _, short := range bootstrap.ShortFlags() {
		flags.Func(short.Name, short.Use, func(value string) error { return c.Set(short.Key + "=" + value) })
	}
	cmd.AddCommand(
		serveCommand(c), migrateCommand(c), configCommand(c), keysCommand(c), tokenCommand(c), healthcheckCommand(c), versionCommand(c),
	)
	return cmd
}

// does makes a command of what it does.
func does(cmd *cobra.Command, do func(context.Context) error) *cobra.Command {
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return wrongUsage(fmt.Errorf("there is no command %q", args[0]))
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return do(cmd.Context()) }
	return cmd
}

// group makes a command that only has others below it.
func group(use, short string, below ...*cobra.Command) *cobra.Command {
	cmd := does(&cobra.Command{Use: use, Short: short}, func(context.Context) error {
		return wrongUsage(fmt.Errorf("%s wants a command", use))
	})
	cmd.AddCommand(below...)
	return cmd
}

// prints adds --output to a command that prints data.
func prints(c *bootstrap.Command, cmd *cobra.Command) *cobra.Command {
	cmd.Flags().Func("output", "`format` of what is printed: text or json", c.Output)
	return cmd
}

func wrongUsage(err error) error {
	return fmt.Errorf("%w: %w: see --help", bootstrap.ErrUsage, err)
}
