package bootstrap

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/command"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
)

// Options are what a program adds to doorcode; the zero value is doorcode as it ships.
type Options = command.Options

// Run is a whole program: all commands of doorcode. args are the arguments without the
// program's name; it returns the exit code.
func Run(args []string, options Options) int { return command.Run(args, options) }

// Config is everything that an operator decides; Configure makes one.
type Config = config.Config

// Environment chooses the defaults of a configuration, and how strict it is.
type Environment = config.Environment

// The environments.
const (
	Development = config.Development
	Production  = config.Production
	Testing     = config.Testing
)

// Sources are where a configuration comes from.
type Sources = config.Sources

// Rate is how often something may happen; the zero Rate means without limit.
type Rate = config.Rate

// Secret is a value that is never printed.
type Secret = config.Secret

// Mistake is one configuration error, with its cure.
type Mistake = config.Mistake

// Mistakes are all configuration errors at once: the error of Configure, NewPorts and
// NewApp that an operator can put right.
type Mistakes = config.Mistakes

// Configure makes a configuration. extra are providers beside the product's own; each
// has a section of its name. All mistakes are returned at once, as Mistakes.
func Configure(src Sources, extra ...port.Provider) (*Config, error) {
	cfg, mistakes, err := config.Read(src, append(wiring.Providers(), extra...))
	if err != nil {
		return nil, err
	}
	if err := mistakes.OrNil(); err != nil {
		return nil, err
	}
	return cfg, nil
}

// Ports has a field for every port, each with an adapter in it.
type Ports = wiring.Ports

// NewPorts opens the adapters that a configuration asks for, and brings the schema of
// the database up to date. The function that it returns closes them. Until then the
// process is the only one that serves from an SQLite file. Configuration errors are
// Mistakes.
func NewPorts(ctx context.Context, cfg *Config) (Ports, func(), error) {
	return wiring.NewPorts(ctx, cfg)
}

// OpenChannels opens the providers and returns the senders of every channel, in the
// order in which they are tried. Configuration errors are Mistakes.
func OpenChannels(ctx context.Context, cfg *Config) ([]port.ChannelSender, error) {
	return wiring.OpenChannels(ctx, cfg)
}

// App is a whole service: Run serves, or a server of the program's own serves Handler.
type App = wiring.App

// NewApp makes the app of a configuration over ports. It starts nothing.
func NewApp(cfg *Config, ports Ports) (*App, error) { return wiring.NewApp(cfg, ports) }
