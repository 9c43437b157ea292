// Package bootstrap is the plug board: it reads the configuration, puts an
// adapter into every port, and runs what comes of it. Wire and the environment
// of the process are known here and nowhere else. It decides nothing about
// codes, people or HTTP.
//
//	flags, variables, YAML ──▶ Config ──▶ Ports ──▶ App ──▶ Run
//	                                       ▲
//	                     a test, or a team's own main, swaps a field here
//
// A service with a provider of its own is a main of a few lines:
//
//	func main() { os.Exit(bootstrap.Run(os.Args[1:], acme.Provider)) }
package bootstrap
