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
})

// open makes the sender. The file stays open as long as the process lives.
func open(people io.Writer, cfg Config) ([]port.ChannelSender, error) {
	sender := New(people)
	if cfg.File != "" {
		file, err := os.OpenFile(cfg.File, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("open console.file: %w: name a file that can be written, in a folder that is there", err)
		}
		sender.lines, sender.torn = file, endsTorn(file)
	}
	return []port.ChannelSender{{Channel: domain.Channel{Name: domain.ChannelAny}, Provider: name, Sender: sender}}, nil
}

// endsTorn reports whether the last line of a file has no end: whoever wrote it
// was killed meanwhile. Of what is no file, such as a pipe, nothing is read.
func endsTorn(file *os.File) bool {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	reader, err := os.Open(file.Name())
	if err != nil {
		return false
	}
	defer reader.Close()
	last := make([]byte, 1)
	_, err = reader.ReadAt(last, info.Size()-1)
	return err == nil && last[0] != '\n'
}
