package dummy

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Config says where the file is.
type Config struct {
	File string `yaml:"file" doc:"File that each code is appended to."`
}

// Provider plugs the channel in.
var Provider = port.NewProvider("dummy", Config{}, func(_ context.Context, cfg Config) ([]port.ChannelSender, error) {
	if cfg.File == "" {
		return nil, nil
	}
	return []port.ChannelSender{{Channel: domain.Channel{Name: "dummy", Kind: domain.KindEmail}, Sender: Sender{cfg}}}, nil
})

// Sender appends codes to a file.
type Sender struct{ config Config }

// Send appends one code.
func (s Sender) Send(_ context.Context, m port.CodeMessage) port.SendOutcome {
	line, err := json.Marshal(map[string]string{"to": m.To.Value(), "code": m.Code.Reveal()})
	if err != nil {
		return port.SendOutcome{Result: domain.SendRejected, Err: fmt.Errorf("write a code: %w", err)}
	}
	file, err := os.OpenFile(s.config.File, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return port.SendOutcome{Result: domain.SendUnreachable, Err: fmt.Errorf("write a code: %w", err)}
	}
	defer file.Close()
	if _, err := file.Write(append(line, '\n')); err != nil {
		return port.SendOutcome{Result: domain.SendUnknown, Err: fmt.Errorf("write a code: %w", err)}
	}
	return port.SendOutcome{Result: domain.SendAccepted}
}
