//go:build wireinject

package wiring

import (
	"context"

	"github.com/google/wire"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
)

// NewPorts opens the adapters that a configuration asks for. It brings the
// database's schema up to date first. The function that comes back closes them;
// what the configuration gets wrong about them is a config.Mistakes.
func NewPorts(ctx context.Context, cfg *config.Config) (Ports, func(), error) {
	panic(wire.Build(adapterSet))
}

// newApp makes the app over ports that are complete.
func newApp(cfg *config.Config, ports Ports) (*App, error) {
	panic(wire.Build(appSet))
}
