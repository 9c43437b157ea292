package wiring

import (
	"bytes"
	"cmp"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/asynclog"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
)

// A log without a reader blocks nothing: logBuffer bytes of it are kept, and the end
// of the process waits for its output no longer than logTimeout.
const (
	logBuffer  = 1 << 20
	logTimeout = time.Second
)

// newLogWriter makes the writer below the logger of a configuration. It writes to
// standard error: standard output is for people.
func newLogWriter(c *config.Config) *asynclog.Writer {
	return asynclog.New(cmp.Or[io.Writer](c.Stderr, os.Stderr), logBuffer, func(dropped int) []byte {
		var line bytes.Buffer
		slog.New(logHandler(c, &line, slog.LevelWarn)).Warn("log lines dropped",
			"count", dropped, "problem", "the log is not read fast enough")
		return line.Bytes()
	})
}

// newLogger makes the logger of a configuration. It never waits for its output.
func newLogger(c *config.Config, w *asynclog.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Log.Level)) // validated with the configuration
	return slog.New(logHandler(c, w, level))
}

func logHandler(c *config.Config, w io.Writer, level slog.Level) slog.Handler {
	options := &slog.HandlerOptions{Level: level}
	if c.Log.Format == "json" {
		return slog.NewJSONHandler(w, options)
	}
	return slog.NewTextHandler(w, options)
}

// Print writes a text for people, and waits for its reader no longer than a second.
func Print(w io.Writer, text string) { asynclog.WriteString(w, text, logTimeout) }
