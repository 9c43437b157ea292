package bootstrap

import (
	"cmp"
	"io"
	"log/slog"
	"os"
)

// newLogger makes the logger of a configuration. It writes to standard error:
// standard output is for people.
func newLogger(c *Config) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Log.Level)) // one of those that Configure lets in
	options := &slog.HandlerOptions{Level: level}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(c.stderr(), options))
	}
	return slog.New(slog.NewTextHandler(c.stderr(), options))
}

func (c *Config) stdout() io.Writer { return cmp.Or[io.Writer](c.Stdout, os.Stdout) }

func (c *Config) stderr() io.Writer { return cmp.Or[io.Writer](c.Stderr, os.Stderr) }
