// Command slowserver is doorcode with a provider of text messages that takes its
// time over each: what the benchmark puts beside other requests to see whether
// they notice. It sends nothing.
//
// It is also the smallest main outside cmd that adds a channel of its own.
package main

import (
	"context"
	"os"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
)

func main() {
	slow := port.NewProvider("slow", config{}, open)
	os.Exit(bootstrap.Run(os.Args[1:], bootstrap.Options{Providers: []port.Provider{slow}}))
}

type config struct {
	Delay time.Duration `yaml:"delay" doc:"How long the provider takes to answer."`
}

func open(_ context.Context, c config) ([]port.ChannelSender, error) {
	sms := domain.Channel{Name: domain.ChannelSMS, Kind: domain.KindPhone}
	return []port.ChannelSender{{Channel: sms, Sender: sender{c.Delay}}}, nil
}

type sender struct{ delay time.Duration }

// Send waits, or as long as it may.
func (s sender) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	select {
	case <-time.After(s.delay):
		return port.SendOutcome{Result: domain.SendAccepted, MessageID: m.DeliveryID}
	case <-ctx.Done():
		return port.SendOutcome{Result: domain.SendTimeout, Err: ctx.Err()}
	}
}
