package bootstrap

import (
	"bytes"
	"cmp"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/logbook"
)

// A log that nobody reads holds nothing up: logRoom bytes of it are kept, and the
// end waits for its reader no longer than logPatience.
const (
	logRoom     = 1 << 20
	logPatience = time.Second
)

// newLogBook makes what the log of a configuration goes through. It writes to
// standard error: standard output is for people.
func newLogBook(c *Config) *logbook.Book {
	return logbook.New(c.stderr(), logRoom, func(dropped int) []byte {
		var line bytes.Buffer
		slog.New(c.logHandler(&line, slog.LevelWarn)).Warn("log lines dropped", "count", dropped, "problem", "nobody reads the log fast enough")
		return line.Bytes()
	})
}

// newLogger makes the logger of a configuration. It never waits for its output.
func newLogger(c *Config, book *logbook.Book) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Log.Level)) // one of those that Configure lets in
	return slog.New(c.logHandler(book, level))
}

func (c *Config) logHandler(w io.Writer, level slog.Level) slog.Handler {
	options := &slog.HandlerOptions{Level: level}
	if c.Log.Format == "json" {
		return slog.NewJSONHandler(w, options)
	}
	return slog.NewTextHandler(w, options)
}

// say writes a text for people, and waits no longer than logPatience for them.
func say(w io.Writer, text string) {
	book := logbook.New(w, max(logRoom, len(text)), nil)
	_, _ = io.WriteString(book, text) // has room
	book.Flush(logPatience)
}

func (c *Config) stdout() io.Writer { return cmp.Or[io.Writer](c.Stdout, os.Stdout) }

func (c *Config) stderr() io.Writer { return cmp.Or[io.Writer](c.Stderr, os.Stderr) }
