package console

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

const name = "console"

// Config is the section console of the configuration.
type Config struct {
	// File gets each message as one line of JSON. Defaults to none.
	File string `yaml:"file" doc:"File that each message is appended to, as one line of JSON."`
}

// Provider is the console on the standard output.
var Provider = port.NewProvider(name, Config{}, func(_ context.Context, cfg Config) ([]port.ChannelSender, error) {
	return open(os.Stdout, cfg)
}).For(domain.ChannelAny)

// open returns the sender. Its file is created with the first message: a check of the
// configuration must not create it.
func open(terminal io.Writer, cfg Config) ([]port.ChannelSender, error) {
	sender := New(terminal)
	if cfg.File != "" {
		if err := checkFile(cfg.File); err != nil {
			return nil, fmt.Errorf("open console.file: %w: name a file that can be written, in a folder that is there", err)
		}
		sender.lines, sender.torn = &file{path: cfg.File}, isTorn(cfg.File)
	}
	channel := domain.Channel{Name: domain.ChannelAny}
	return []port.ChannelSender{{Channel: channel, Provider: name, Sender: sender}}, nil
}
