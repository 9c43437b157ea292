// Package console is a provider for development: it prints every message instead of
// sending it and, if configured, appends it to a file for programs. It serves every
// channel.
//
// It is not for production, because its output contains all codes. The configuration
// decides whether it may run there.
package console
