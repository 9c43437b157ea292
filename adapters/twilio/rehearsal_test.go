package twilio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// inTestMode is the sender of a channel that prints, and its provider.
func inTestMode(t *testing.T, people io.Writer, channel domain.ChannelName) (port.CodeSender, *provider) {
	p := newProvider(t)
	senders, err := open(people, p.configured(func(c *Config) { c.TestMode = true }))
	require.NoError(t, err)
	for _, s := range senders {
		if s.Channel.Name == channel {
			return s.Sender, p
		}
	}
	return nil, p
}

func TestTestMode_printsAndSendsNothing(t *testing.T) {
	t.Parallel()
	for _, channel := range []domain.ChannelName{domain.ChannelSMS, domain.ChannelWhatsApp} {
		var people bytes.Buffer
		sender, p := inTestMode(t, &people, channel)
		require.Equal(t, port.SendOutcome{Result: domain.SendTest}, sender.Send(t.Context(), letter(t, channel)))
		require.Equal(t, "--- twilio.test_mode: "+string(channel)+" to ***0001, not sent\n"+
			someDigits+" is your Acme code.\n@id.example.com #"+someDigits+"\n---\n", people.String())
		require.Zero(t, p.requests())
	}
}

// A message that was not sent has no reports.
func TestTestMode_readsNoReports(t *testing.T) {
	t.Parallel()
	sender, _ := inTestMode(t, io.Discard, domain.ChannelSMS)
	_, reads := sender.(port.DeliveryReports)
	require.False(t, reads)
}

func TestTestMode_whatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var people bytes.Buffer
	sender, _ := inTestMode(t, &people, domain.ChannelSMS)
	m := letter(t, domain.ChannelSMS)
	m.Compose = func() (port.MessageText, error) { return port.MessageText{}, errors.New("no text") }
	out := sender.Send(t.Context(), m)
	require.Equal(t, domain.SendRejected, out.Result)
	require.Error(t, out.Err)
	require.Empty(t, people.String())
}

// broken is an output that takes nothing.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

// An output that is full or blocks does not block the caller.
func TestTestMode_outputThatFails(t *testing.T) {
	t.Parallel()
	sender, _ := inTestMode(t, broken{}, domain.ChannelSMS)
	out := sender.Send(t.Context(), letter(t, domain.ChannelSMS))
	require.Equal(t, domain.SendUnreachable, out.Result)
	require.EqualError(t, out.Err, "print message: the disk is full")

	reading, writing := io.Pipe() // without a reader
	defer reading.Close()
	sender, _ = inTestMode(t, writing, domain.ChannelSMS)
	ctx, cancel := context.WithCancel(t.Context())
	m := letter(t, domain.ChannelSMS)
	compose := m.Compose
	m.Compose = func() (port.MessageText, error) { defer cancel(); return compose() }
	out = sender.Send(ctx, m)
	require.Contains(t, []domain.SendResult{domain.SendTimeout, domain.SendUnreachable}, out.Result)
	require.ErrorIs(t, out.Err, context.Canceled)
}

func TestTestMode_oneAfterTheOther(t *testing.T) {
	t.Parallel()
	var people bytes.Buffer // not safe for concurrent use
	sender, _ := inTestMode(t, &people, domain.ChannelSMS)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { sender.Send(t.Context(), letter(t, domain.ChannelSMS)) })
	}
	all.Wait()
	page, _, _ := strings.Cut(people.String(), "---\n--- ")
	require.Equal(t, strings.Repeat(page+"---\n", 50), people.String())
}
