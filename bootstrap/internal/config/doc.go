// Package config reads, checks, documents and prints the configuration. It knows
// what an operator may decide and what the adapters make of it; it opens no
// adapter, and its walker over the keys is package settings.
package config
