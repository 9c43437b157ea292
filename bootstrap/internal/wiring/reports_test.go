package wiring

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/console"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

// Providers are told an address only where they can reach it.
func TestCallbackBase(t *testing.T) {
	t.Parallel()
	for public, want := range map[string]string{
		"https://id.example.com":       "https://id.example.com",
		"https://example.com:8443/id/": "https://example.com:8443/id",
		"http://192.0.2.1":             "http://192.0.2.1",
		"http://localhost:8000":        "",
		"http://id.localhost":          "",
		"https://127.0.0.1":            "",
		"https://127.1.2.3:8000":       "",
		"https://[::1]":                "",
		"https://doorcode":             "",
		"https://doorcode:8000/a.b":    "",
		"::":                           "",
		"":                             "",
	} {
		c := &config.Config{HTTP: config.HTTPConfig{PublicURL: public}}
		require.Equal(t, want, callbackBase(c), public)
	}
}

// A channel prints if its first sender does; what a later one does is a fallback.
func TestApp_printed(t *testing.T) {
	t.Parallel()
	email, sms := domain.Channel{Name: domain.ChannelEmail}, domain.Channel{Name: domain.ChannelSMS}
	a := &App{channels: []port.ChannelSender{
		{Channel: email, Sender: console.New(io.Discard)},
		{Channel: email, Sender: mocks.NewCodeSender(t)},
		{Channel: sms, Sender: mocks.NewCodeSender(t)},
		{Channel: sms, Sender: console.New(io.Discard)},
	}}
	require.Equal(t, []string{"email"}, a.printed())
}

type reportingSender struct {
	port.CodeSender
	port.DeliveryReports
}

// There is a path for each provider that can read reports, once, and for no other.
func TestReportReaders(t *testing.T) {
	t.Parallel()
	reading := reportingSender{mocks.NewCodeSender(t), mocks.NewDeliveryReports(t)}
	readers := reportReaders([]port.ChannelSender{
		{Provider: "twilio", Sender: reading},
		{Provider: "console", Sender: mocks.NewCodeSender(t)},
		{Provider: "twilio", Sender: reading},
		{Provider: "acme", Sender: reading},
	})
	require.Equal(t, delivery.Readers{"twilio": reading, "acme": reading}, readers)
	require.Equal(t, []string{"acme", "twilio"}, httpConfig(&config.Config{}, nil, readers).Webhooks)
	require.Empty(t, httpConfig(&config.Config{}, nil, reportReaders(nil)).Webhooks)
}
