package command

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
)

func (p *program) configCommand() *cobra.Command {
	return group("config", "Inspect the configuration",
		p.command(&cobra.Command{Use: "check", Short: "Print all configuration errors, with the cures"}, p.checkConfig),
		p.command(&cobra.Command{Use: "print", Short: "Print every value and its origin; secrets stay hidden"},
			p.printConfig),
		leaf(&cobra.Command{Use: "docs", Short: "Print docs/configuration.md"}, func(context.Context, []string) error {
			return config.WriteDocs(p.stdout, p.providers())
		}),
	)
}

// checkConfig reports whether the configuration is valid; if not, its error is every
// mistake.
func (p *program) checkConfig(ctx context.Context, _ []string) (output, error) {
	cfg, err := p.read(ctx)
	if err == nil {
		_, err = wiring.OpenChannels(ctx, cfg)
	}
	mistakes, isMistake := errors.AsType[config.Mistakes](err)
	if !p.json || err != nil && !isMistake {
		p.warn(cfg)
		if err != nil {
			return output{}, err
		}
	}
	report := map[string]any{"ok": err == nil, "mistakes": append(config.Mistakes{}, mistakes...)}
	report["warnings"] = config.Mistakes{}
	if cfg != nil {
		report["warnings"] = append(config.Mistakes{}, cfg.Warnings...)
	}
	return output{"The configuration is good.\n", report}, err
}

// printConfig reports every key with its value and origin, secrets hidden. Of a
// configuration with mistakes too; they are the error.
func (p *program) printConfig(ctx context.Context, _ []string) (output, error) {
	cfg, err := p.read(ctx)
	if cfg == nil {
		return output{}, err
	}
	mistakes, _ := errors.AsType[config.Mistakes](err)
	senders, warnings, more := wiring.OpenProviders(ctx, cfg, mistakes)
	if err == nil { // else read has opened them
		cfg.Warnings, err = append(cfg.Warnings, warnings...), more.OrNil()
	}
	p.warn(cfg)
	entries := config.Served(cfg.Entries(), senders)
	rows := make([][]string, len(entries))
	for i, e := range entries {
		rows[i] = []string{e.Key, e.Value, e.Origin}
	}
	return output{columns(rows), entries}, err
}
