package bootstrap

import (
	"maps"
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
)

// callbackBase is where providers may report to, "" where none of them could: at this
// machine, or a host of this network.
func (c *Config) callbackBase() string {
	if host := c.publicHost(); thisMachine(host) || !strings.Contains(host, ".") {
		return ""
	}
	return strings.TrimRight(c.HTTP.PublicURL, "/")
}

// reportReaders are the providers that can read what they report. Whether a sender can
// is asked here and nowhere else.
func reportReaders(channels []port.ChannelSender) delivery.Readers {
	readers := delivery.Readers{}
	for _, s := range channels {
		if reader, ok := s.Sender.(port.DeliveryReports); ok {
			readers[s.Provider] = reader
		}
	}
	return readers
}

func showConfig(c *Config) delivery.ShowConfig {
	return delivery.ShowConfig{Total: c.Send.Total, Lifetime: c.OTP.Expiration}
}

// webhooks are the providers that there is a path for.
func webhooks(readers delivery.Readers) []string { return slices.Sorted(maps.Keys(readers)) }

// getWebhooks are those of them that report by GET.
func getWebhooks(readers delivery.Readers) (names []string) {
	for _, name := range webhooks(readers) {
		if _, ok := readers[name].(port.GETReports); ok {
			names = append(names, name)
		}
	}
	return names
}
