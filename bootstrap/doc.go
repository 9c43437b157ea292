// Package bootstrap is doorcode for programs outside this tree: the command line with
// providers and ports of their own, or the service inside another server. It is a face
// of three packages that only it can import; it decides nothing about codes, users or
// HTTP.
//
//	internal/command  the command line
//	internal/wiring   an adapter in every port, the use cases over them, the life of the service
//	internal/config   what an operator decides, its checks and documentation
//
// A server of the program's own needs four calls, which docs/embedding.md explains and the
// examples run:
//
//	cfg, err := Configure(Sources{Flags: ..., File: ..., Environ: os.Environ()})
//	ports, closePorts, err := NewPorts(ctx, cfg) // swap fields of ports
//	app, err := NewApp(cfg, ports)
//	app.Handler()       // an http.Handler: the API
//	app.Background(ctx) // beside it: outcomes, notifications, upkeep
//	app.Run(ctx)        // or all of it, with a socket
//
// Options has the fields Providers, Swap and Wrap.
//
// A service with a provider of its own is a main of a few lines:
//
//	func main() {
//		os.Exit(bootstrap.Run(os.Args[1:], bootstrap.Options{Providers: []port.Provider{acme.Provider}}))
//	}
package bootstrap
