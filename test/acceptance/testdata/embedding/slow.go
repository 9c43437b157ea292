package main

import (
	"context"
	"os"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// slow is a provider of the channel pigeon. It makes the file "sending", and accepts a
// message once there is a file "accepted".
var slow = port.NewProvider("slow", struct{}{}, func(context.Context, struct{}) ([]port.ChannelSender, error) {
	pigeon := domain.Channel{Name: "pigeon", Kind: domain.KindPhone}
	return []port.ChannelSender{{Channel: pigeon, Sender: slowSender{}}}, nil
})

type slowSender struct{}

func (slowSender) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	if err := os.WriteFile("sending", nil, 0o600); err != nil {
		return port.SendOutcome{Result: domain.SendRejected, Err: err}
	}
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		if _, err := os.Stat("accepted"); err == nil {
			return port.SendOutcome{Result: domain.SendAccepted, MessageID: m.DeliveryID}
		}
		select {
		case <-ctx.Done():
			return port.SendOutcome{Result: domain.SendTimeout, Err: ctx.Err()}
		case <-poll.C:
		}
	}
}
