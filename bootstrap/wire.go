//go:build wireinject

package bootstrap

import (
	"context"

	"github.com/google/wire"
)

// NewPorts opens the adapters that a configuration asks for. It brings the
// database's schema up to date first. The function that comes back closes them;
// what the configuration gets wrong about them is a Mistakes.
func NewPorts(ctx context.Context, cfg *Config) (Ports, func(), error) {
	panic(wire.Build(adapterSet))
}

// NewApp makes the app of a configuration over ports. It starts nothing.
func NewApp(cfg *Config, ports Ports) (*App, error) {
	panic(wire.Build(appSet))
}
