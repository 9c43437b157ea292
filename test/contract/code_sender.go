package contract

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// SenderSetup describes one channel of one provider, so that its sender can be
// proven.
type SenderSetup struct {
	// Channel is what the sender serves; a sender of every channel names any.
	Channel domain.Channel
	// Open makes a sender, and behind it a provider on this machine that speaks as the
	// real one does. It is called once for each promise.
	Open func(t testing.TB) SenderUnderTest
}

// SenderUnderTest is a sender and its provider.
type SenderUnderTest struct {
	Sender port.CodeSender
	// Received is what the provider has been handed so far, in any order.
	Received func() []Handed
	// Hang makes the provider take what it is handed from now on and never answer.
	Hang func()
	// Fail makes the provider refuse from now on, and quote in its refusal what it was
	// handed, as far as the real one can.
	Fail func()
}

// Handed is one message as the provider understands it.
type Handed struct {
	To   []string // everybody that it would bring the message to
	Text string   // what they would read, without encodings; of several parts, any
}

// CodeSender proves the contract of port.CodeSender. It is the conformance kit of
// a channel, in this tree or outside.
func CodeSender(t *testing.T, setup SenderSetup) {
	t.Helper()
	prove(t, setup, codeSenderPromises())
}

// CheckCodeSender is CodeSender outside of a test: it lists the promises that are
// broken, none if all are kept.
func CheckCodeSender(setup SenderSetup) []string { return broken(setup, codeSenderPromises()) }

func codeSenderPromises() []promise[SenderSetup] {
	return []promise[SenderSetup]{
		{"It must send to exactly one recipient, the one of the message.", sendsToOne},
		{"It must return when ctx is done, with timeout or unknown if the message may have been sent.", returnsWhenDone},
		{"It must refuse, and hand nothing over, when Compose fails.", refusesWithoutText},
		{"It must never show the code in an error.", errorsHideCode},
		{"It must be safe for concurrent use.", sendsConcurrently},
	}
}

// patience is how long a sender may take for what takes no time: to come back
// once it has been called off.
const patience = 5 * time.Second

// letterTo is a message to the nth recipient of a channel, with a code of its own.
func letterTo(t testing.TB, channel domain.Channel, n int) port.CodeMessage {
	m := someMessage(t, channel.Name, recipientOf(channel.Kind, n), "48"+digits(n))
	m.DeliveryID = m.DeliveryID[:32] + digits(n)
	m.ChallengeID = m.ChallengeID[:32] + domain.ChallengeID(digits(n))
	m.Compose = func() (port.MessageText, error) {
		text := port.MessageText{Body: m.Code.Reveal() + " is your Acme code. It expires in 5 minutes."}
		if channel.Kind == domain.KindEmail {
			text.From = port.Mailbox{Name: "Acme", Address: "login@acme.example"}
			text.Subject, text.HTML = "Your Acme verification code", "<html><body><p>"+text.Body+"</p></body></html>"
		}
		return text, nil
	}
	return m
}

func sendsToOne(t testing.TB, setup SenderSetup) {
	s := setup.Open(t)
	m := letterTo(t, setup.Channel, 1)
	out := s.Sender.Send(t.Context(), m)
	require.True(t, out.Result.Accepted(), "got %s: %v", out.Result, out.Err)
	received := s.Received()
	require.Len(t, received, 1, "messages")
	require.Equal(t, []string{m.To.Value()}, received[0].To)
	require.Contains(t, received[0].Text, m.Code.Reveal())
}

func returnsWhenDone(t testing.TB, setup SenderSetup) {
	s := setup.Open(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	out := sendAndWait(t, s, gone, letterTo(t, setup.Channel, 1))
	if len(s.Received()) == 0 {
		require.False(t, out.Result.Accepted(), "called off before it began: %s, but nothing was handed over", out.Result)
	} else {
		require.False(t, out.Result.Refused(), "called off before it began: %s, but it was handed over", out.Result)
	}

	s = setup.Open(t)
	s.Hang()
	ctx, cancel := context.WithCancel(t.Context())
	stop := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() { // calls off once the provider has it, or is never going to
		defer cancel()
		_ = eventually(stop, func() bool { return len(s.Received()) > 0 })
	})
	out = sendAndWait(t, s, ctx, letterTo(t, setup.Channel, 2))
	close(stop)
	watch.Wait()
	if len(s.Received()) > 0 {
		require.Contains(t, []domain.SendResult{domain.SendTimeout, domain.SendUnknown}, out.Result,
			"a provider that has the message and does not answer")
	}
	require.False(t, out.Result.Accepted(), "nobody has accepted it")
	requireHidden(t, out, letterTo(t, setup.Channel, 2).Code)
}

// sendAndWait gives a sender a little more time than its context.
func sendAndWait(t testing.TB, s SenderUnderTest, ctx context.Context, m port.CodeMessage) port.SendOutcome {
	done := make(chan port.SendOutcome, 1)
	go func() { done <- s.Sender.Send(ctx, m) }()
	<-ctx.Done()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case out := <-done:
		return out
	case <-late.C:
		require.Fail(t, "Send did not return", "%s after its ctx was done", patience)
		return port.SendOutcome{}
	}
}

// eventually asks until it is so, the patience is at its end, or somebody stops it.
func eventually(stop <-chan struct{}, so func() bool) bool {
	end := time.NewTimer(patience)
	defer end.Stop()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for !so() {
		select {
		case <-stop:
			return false
		case <-end.C:
			return false
		case <-again.C:
		}
	}
	return true
}

func refusesWithoutText(t testing.TB, setup SenderSetup) {
	s := setup.Open(t)
	m := letterTo(t, setup.Channel, 1)
	m.Compose = func() (port.MessageText, error) { return port.MessageText{}, errors.New("no text") }
	out := s.Sender.Send(t.Context(), m)
	require.True(t, out.Result.Refused(), "got %s", out.Result)
	require.Error(t, out.Err, "the cause")
	require.Empty(t, s.Received(), "messages")
}

func errorsHideCode(t testing.TB, setup SenderSetup) {
	s := setup.Open(t)
	s.Fail()
	m := letterTo(t, setup.Channel, 1)
	out := s.Sender.Send(t.Context(), m)
	require.False(t, out.Result.Accepted(), "the provider has refused")
	require.Error(t, out.Err, "the cause")
	requireHidden(t, out, m.Code)
}

// requireHidden looks for the digits of a code wherever a log may look.
func requireHidden(t testing.TB, out port.SendOutcome, code domain.Code) {
	shown := out.MessageID
	for err := out.Err; err != nil; err = errors.Unwrap(err) {
		shown += fmt.Sprintf(" %v %+v %#v", err, err, err)
	}
	spaced := strings.Join(strings.Split(code.Reveal(), ""), " ")
	require.NotContains(t, shown, code.Reveal())
	require.NotContains(t, shown, spaced)
}

func sendsConcurrently(t testing.TB, setup SenderSetup) {
	const people, each = 32, 4
	s := setup.Open(t)
	var all sync.WaitGroup
	results := make([]domain.SendResult, people*each)
	for n := range results {
		m := letterTo(t, setup.Channel, n)
		all.Go(func() { results[n] = s.Sender.Send(t.Context(), m).Result })
	}
	all.Wait()
	for n, result := range results {
		require.True(t, result.Accepted(), "message %d: %s", n, result)
	}
	got := map[string]string{}
	for _, handed := range s.Received() {
		require.Len(t, handed.To, 1)
		_, twice := got[handed.To[0]]
		require.False(t, twice, "%s got two messages", handed.To[0])
		got[handed.To[0]] = handed.Text
	}
	require.Len(t, got, len(results), "people who got a message")
	for n := range results {
		m := letterTo(t, setup.Channel, n)
		require.Contains(t, got[m.To.Value()], m.Code.Reveal(), "%s got somebody else's", m.To.Value())
	}
}
