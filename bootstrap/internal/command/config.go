package command

import (
	"cmp"
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
)

type configCheck struct{ output }

type configPrint struct{ output }

func (p *program) configCommand() *cobra.Command {
	check, show := &configCheck{output{program: p}}, &configPrint{output{program: p}}
	return group("config", "Look at the configuration",
		check.flag(leaf(&cobra.Command{
			Use: "check", Short: "Say everything that is wrong with it, with the cures",
		}, check.run)),
		show.flag(leaf(&cobra.Command{
			Use: "print", Short: "Print every value and where it comes from; secrets stay hidden",
		}, show.run)),
		leaf(&cobra.Command{Use: "docs", Short: "Print docs/configuration.md"}, func(context.Context) error {
			return config.WriteDocs(p.stdout, p.providers())
		}),
	)
}

// run reports whether the configuration is valid; if not, its error is every mistake.
func (c *configCheck) run(ctx context.Context) error {
	cfg, err := c.read(ctx)
	if err == nil {
		_, err = wiring.OpenChannels(ctx, cfg)
	}
	var mistakes config.Mistakes
	if c.json && (err == nil || errors.As(err, &mistakes)) {
		report := struct {
			OK       bool            `json:"ok"`
			Mistakes config.Mistakes `json:"mistakes"`
			Warnings config.Mistakes `json:"warnings"`
		}{OK: err == nil, Mistakes: append(config.Mistakes{}, mistakes...), Warnings: config.Mistakes{}}
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

// run prints every key with its value and origin, secrets hidden. A configuration with
// mistakes is printed too; they are the error.
func (c *configPrint) run(ctx context.Context) error {
	cfg, err := c.read(ctx)
	if cfg == nil {
		return err
	}
	var mistakes config.Mistakes
	errors.As(err, &mistakes)
	senders, warnings, more := wiring.OpenProviders(ctx, cfg, mistakes)
	if err == nil { // else read has opened them
		cfg.Warnings, err = append(cfg.Warnings, warnings...), more.OrNil()
	}
	entries := config.Served(cfg.Entries(), senders)
	var printing error
	if c.json {
		printing = c.printJSON(entries)
	} else {
		printing = config.WriteEntries(c.stdout, entries)
	}
	c.warn(cfg)
	return cmp.Or(printing, err)
}
