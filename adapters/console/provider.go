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
	// File is what each message is appended to, as one line of JSON. Defaults to none.
	File string `yaml:"file" doc:"File that each message is appended to, as one line of JSON."`
}

// Provider plugs the console in, on the standard output.
var Provider = port.NewProvider(name, Config{}, func(_ context.Context, cfg Config) ([]port.ChannelSender, error) {
	return open(os.Stdout, cfg)
}).For(domain.ChannelAny)

// open makes the sender. Its file is made with the first message: to look at a
// configuration makes nothing.
func open(people io.Writer, cfg Config) ([]port.ChannelSender, error) {
	sender := New(people)
	if cfg.File != "" {
		if err := checkFile(cfg.File); err != nil {
			return nil, fmt.Errorf("open console.file: %w: name a file that can be written, in a folder that is there", err)
		}
		sender.lines, sender.torn = &file{path: cfg.File}, endsTorn(cfg.File)
	}
	return []port.ChannelSender{{Channel: domain.Channel{Name: domain.ChannelAny}, Provider: name, Sender: sender}}, nil
}
