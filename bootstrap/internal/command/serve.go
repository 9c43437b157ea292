package command

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
)

func (p *program) serveCommand() *cobra.Command {
	return leaf(&cobra.Command{
		Use:   "serve",
		Short: "Run the service (the default)",
		Long:  "Run the service until SIGTERM or SIGINT. It brings the database's schema up to date first.",
	}, p.serve)
}

// serve runs the service until SIGTERM or SIGINT; a second signal ends the process at
// once. SIGHUP changes nothing and is logged.
func (p *program) serve(ctx context.Context, _ []string) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	context.AfterFunc(ctx, stop)   // the second signal has its default effect
	signal.Ignore(syscall.SIGPIPE) // a closed reader of the log does not end the service
	tuneMemory()
	cfg, err := p.read(ctx)
	if err != nil {
		p.warn(cfg)
		return err
	}
	app, closePorts, err := p.open(ctx, cfg)
	if err != nil {
		p.warn(cfg) // the running app would have logged them
		return err
	}
	defer closePorts()
	defer logHangups(app.Logger())()
	debug.FreeOSMemory() // what only the start needed
	return app.Run(ctx)
}

// open makes the app of a configuration with the options of the program.
func (p *program) open(ctx context.Context, cfg *config.Config) (app *wiring.App, closePorts func(), err error) {
	ports, closePorts, err := wiring.NewPorts(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	if p.Swap != nil {
		p.Swap(&ports)
	}
	if app, err = wiring.NewApp(cfg, ports); err != nil {
		closePorts()
		return nil, nil, err
	}
	app.Wrap = p.Wrap
	return app, closePorts, nil
}

// logHangups logs SIGHUP, which would end the process, until it is released.
func logHangups(logger *slog.Logger) (release func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			logger.Info("hangup ignored: restart to read the configuration again")
		}
	}()
	return func() {
		signal.Stop(hangups) // after which nothing is sent
		close(hangups)
	}
}

// tuneMemory lets the heap grow further than usual between collections: the live heap
// is smaller than the program itself. GOGC overrides it, and GOMEMLIMIT bounds it all
// the same.
func tuneMemory() {
	const growth = 150 // percent
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growth)
	}
}
