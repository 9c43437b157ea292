package port_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

type pagerConfig struct {
	Number string `yaml:"number" doc:"The number that calls."`
}

// pager sends nothing.
type pager struct{ from string }

func (p pager) Send(context.Context, port.CodeMessage) port.SendOutcome {
	return port.SendOutcome{Result: domain.SendTest}
}

func openPager(_ context.Context, cfg pagerConfig) ([]port.ChannelSender, error) {
	if cfg.Number == "" {
		return nil, errors.New("set pager.number")
	}
	channel := domain.Channel{Name: "pager", Kind: domain.KindPhone}
	return []port.ChannelSender{{Channel: channel, Provider: "pager", Sender: pager{from: cfg.Number}}}, nil
}

// A new channel is a provider like this one, and a line in the list of providers.
func ExampleNewProvider() {
	provider := port.NewProvider("pager", pagerConfig{Number: "+15550000000"}, openPager)

	config := provider.Config().(*pagerConfig) // the configuration fills it
	config.Number = "+15551234567"
	senders, err := provider.Open(context.Background(), config)
	fmt.Println(provider.Name, senders[0].Channel.Name, senders[0].Channel.Kind, err)
	// Output:
	// pager pager phone <nil>
}

func TestNewProvider(t *testing.T) {
	t.Parallel()
	provider := port.NewProvider("pager", pagerConfig{Number: "+15550000000"}, openPager)
	require.Equal(t, "pager", provider.Name)

	first := provider.Config().(*pagerConfig)
	require.Equal(t, pagerConfig{Number: "+15550000000"}, *first, "the defaults")
	first.Number = "changed"
	require.Equal(t, pagerConfig{Number: "+15550000000"}, *provider.Config().(*pagerConfig), "each copy is a new one")

	senders, err := provider.Open(t.Context(), first)
	require.NoError(t, err)
	require.Equal(t, pager{from: "changed"}, senders[0].Sender)

	_, err = provider.Open(t.Context(), &pagerConfig{})
	require.EqualError(t, err, "set pager.number")
	_, err = provider.Open(t.Context(), pagerConfig{})
	require.EqualError(t, err, "open provider pager: the configuration is a port_test.pagerConfig")
	for _, none := range []any{nil, (*pagerConfig)(nil)} {
		_, err = provider.Open(t.Context(), none)
		require.ErrorContains(t, err, "open provider pager")
	}
}

func TestErrUsernameTaken(t *testing.T) {
	t.Parallel()
	require.Equal(t, domain.Conflict, port.ErrUsernameTaken.Kind)
	require.ErrorIs(t, port.ErrUsernameTaken.Because(errors.New("unique violation")), port.ErrUsernameTaken)
	require.NotErrorIs(t, domain.ErrUnavailable, port.ErrUsernameTaken)
}
