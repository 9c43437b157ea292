package contract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	// Template says that the provider writes the text, by a template of its own, so that
	// of ours only the code arrives.
	Template bool
	// Open makes a sender, and behind it a provider on this machine that speaks as the
	// real one does. It is called at least once for each promise.
	Open func(t testing.TB) SenderUnderTest
	// Secrets are those of the configuration that Open uses: keys, passwords, tokens.
	Secrets []string
}

// SenderUnderTest is a sender and its provider, with the faults that the provider may have
// from now on. A fault that the provider's protocol does not know is nil.
type SenderUnderTest struct {
	Sender port.CodeSender
	// Received is what the provider has been handed so far, in any order.
	Received func() []Handed
	// Hang makes the provider take each message and never answer. Never nil.
	Hang func()
	// Reset makes the provider take each message and break the connection.
	Reset func()
	// Garble makes the provider take each message and give an answer that cannot be read:
	// the status of a success, and a body that is none of its own.
	Garble func()
	// Fail makes the provider refuse each message, with an error that the sender does not
	// know and that is not about the recipient. The refusal quotes the text, the recipient
	// and the credentials as far as those of the real provider can. Never nil.
	Fail func()
	// Throttle makes the provider refuse each message and ask to be left alone for a time.
	Throttle func(wait time.Duration)
	// Redirect makes the provider redirect each request (307) to an address, without taking
	// the message.
	Redirect func(to string)
	// Flood makes the provider take each message and answer without end. The function Flood
	// writes such an answer.
	Flood func()
}

// Handed is one message as the provider understands it.
type Handed struct {
	To   []string // all its recipients
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
		{"It must not send again when it is unknown whether the message was sent.", sendsOnce},
		{"It must not wait to send again for longer than the retry budget of the message.", keepsRetryBudget},
		{"It must refuse, and hand nothing over, when Compose fails.", refusesWithoutText},
		{"A refusal must carry its cause.", refusalsHaveCauses},
		{"It must hand the text over as it is, whatever letters are in it.", keepsText},
		{"It must report rate_limited and the wait when the provider asks for a wait.", reportsWait},
		{"It must blame the recipient only when the provider does.", blamesRightly},
		{"It must follow no redirect, and read no answer without a limit.", boundsAnswers},
		{"It must never show the code, the recipient or a secret of the configuration in an error.", errorsHideSecrets},
		{"It must neither print nor log the code.", printsNoCode},
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
	m.RetryBudget = time.Minute
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
	out = sendAndCallOff(t, s, letterTo(t, setup.Channel, 2))
	if len(s.Received()) > 0 {
		requireUnknown(t, out, "a provider that has the message and does not answer")
	}
	require.False(t, out.Result.Accepted(), "the provider has not accepted it")
}

// requireUnknown wants an outcome after which the message is not sent again.
func requireUnknown(t testing.TB, out port.SendOutcome, when string) {
	require.Contains(t, []domain.SendResult{domain.SendTimeout, domain.SendUnknown}, out.Result, when)
}

// sendAndCallOff calls a message off once the provider has it, or is never going to.
func sendAndCallOff(t testing.TB, s SenderUnderTest, m port.CodeMessage) port.SendOutcome {
	ctx, cancel := context.WithCancel(t.Context())
	stop := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		defer cancel()
		_ = eventually(stop, func() bool { return len(s.Received()) > 0 })
	})
	out := sendAndWait(t, s, ctx, m)
	close(stop)
	watch.Wait()
	return out
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

// eventually polls a condition until it holds, the patience is over, or stop is closed.
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

// sendsOnce counts what a provider has that leaves us in the dark: by silence, and by
// an answer on a line that has served before, as most have.
func sendsOnce(t testing.TB, setup SenderSetup) {
	s := setup.Open(t)
	s.Hang()
	m := letterTo(t, setup.Channel, 1)
	sendAndCallOff(t, s, m)
	require.Len(t, handedTo(s, m), 1, "messages to a provider that does not answer")
	for what, fault := range map[string]func(SenderUnderTest) func(){
		"resets the connection":     func(s SenderUnderTest) func() { return s.Reset },
		"answers what is no answer": func(s SenderUnderTest) func() { return s.Garble },
	} {
		s := setup.Open(t)
		spoil := fault(s)
		if spoil == nil {
			continue
		}
		out := s.Sender.Send(t.Context(), letterTo(t, setup.Channel, 2))
		require.True(t, out.Result.Accepted(), "got %s: %v", out.Result, out.Err)
		spoil()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		m = letterTo(t, setup.Channel, 3)
		out = s.Sender.Send(ctx, m)
		cancel()
		require.Len(t, handedTo(s, m), 1, "messages to a provider that %s", what)
		requireUnknown(t, out, "a provider that has the message and "+what)
	}
}

// keepsRetryBudget holds a provider that is to be left alone against a caller who
// waits for less, and for nothing.
func keepsRetryBudget(t testing.TB, setup SenderSetup) {
	s := setup.Open(t)
	if s.Throttle == nil {
		return
	}
	s.Throttle(4 * patience)
	for n, span := range []time.Duration{0, time.Second} {
		m := letterTo(t, setup.Channel, n)
		m.RetryBudget = span
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		out := s.Sender.Send(ctx, m)
		late := ctx.Err() != nil
		cancel()
		require.False(t, late, "the budget is %s, and the sender waits for the provider", span)
		require.True(t, out.Result.Refused(), "a provider that asks to be left alone: %s", out.Result)
	}
}

// reportsWait compares the wait that a caller hears of with the one that the provider asked
// for. Providers tell whole seconds, or points in time.
func reportsWait(t testing.TB, setup SenderSetup) {
	s := setup.Open(t)
	if s.Throttle == nil {
		return
	}
	const wait = 7 * patience
	s.Throttle(wait)
	m := letterTo(t, setup.Channel, 1)
	m.RetryBudget = 0
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out := s.Sender.Send(ctx, m)
	require.Equal(t, domain.SendRateLimited, out.Result, "a provider that asks to be left alone")
	require.InDelta(t, wait.Seconds(), out.RetryAfter.Seconds(), 1, "seconds to wait")
}

func blamesRightly(t testing.TB, setup SenderSetup) {
	s := setup.Open(t)
	s.Fail()
	out := s.Sender.Send(t.Context(), letterTo(t, setup.Channel, 1))
	require.False(t, out.Result.Accepted(), "the provider has refused")
	require.NotContains(t, []domain.SendResult{domain.SendInvalidRecipient, domain.SendNotOnChannel}, out.Result,
		"an error that the sender does not know")
}

// boundsAnswers lets the provider name another host, which would be given the message and
// the credentials, and answer until the client has no memory left.
func boundsAnswers(t testing.TB, setup SenderSetup) {
	if s := setup.Open(t); s.Redirect != nil {
		var calls atomic.Int32
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
		s.Redirect(other.URL)
		out := s.Sender.Send(t.Context(), letterTo(t, setup.Channel, 1))
		other.Close()
		require.False(t, out.Result.Accepted(), "a provider that redirects")
		require.Zero(t, calls.Load(), "requests to where the provider redirects")
	}
	s := setup.Open(t)
	if s.Flood == nil {
		return
	}
	s.Flood()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out := s.Sender.Send(ctx, letterTo(t, setup.Channel, 2))
	require.NoError(t, ctx.Err(), "the sender reads an answer that does not end")
	require.False(t, out.Result.Refused(), "a provider that has the message: %s", out.Result)
}

// Flood answers a request without end, as JSON that may be good so far, until the client
// hangs up.
func Flood(w http.ResponseWriter, r *http.Request) {
	const interval = 5 * time.Millisecond // so that a client without a limit fails, and not its machine
	next := time.NewTicker(interval)
	defer next.Stop()
	part := []byte(`{"id":"` + strings.Repeat("a", 64<<10))
	for {
		if _, err := w.Write(part); err != nil {
			return
		}
		part = part[len(part)-64<<10:]
		select {
		case <-next.C:
		case <-r.Context().Done():
			return
		}
	}
}

// handedTo is what the provider has for the recipient of a message.
func handedTo(s SenderUnderTest, m port.CodeMessage) (list []Handed) {
	for _, handed := range s.Received() {
		if slices.Contains(handed.To, m.To.Value()) {
			list = append(list, handed)
		}
	}
	return list
}

// withoutText is a message that cannot be composed.
func withoutText(t testing.TB, channel domain.Channel) port.CodeMessage {
	m := letterTo(t, channel, 1)
	m.Compose = func() (port.MessageText, error) { return port.MessageText{}, errors.New("no text") }
	return m
}

func refusesWithoutText(t testing.TB, setup SenderSetup) {
	s := setup.Open(t)
	out := s.Sender.Send(t.Context(), withoutText(t, setup.Channel))
	require.True(t, out.Result.Refused(), "got %s", out.Result)
	require.Empty(t, s.Received(), "messages")
}

// refusalsHaveCauses tries all that a sender may refuse here.
func refusalsHaveCauses(t testing.TB, setup SenderSetup) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	s := setup.Open(t)
	failing := setup.Open(t)
	failing.Fail()
	for what, out := range map[string]port.SendOutcome{
		"a message that cannot be composed":          s.Sender.Send(t.Context(), withoutText(t, setup.Channel)),
		"a message that was called off before":       s.Sender.Send(gone, letterTo(t, setup.Channel, 2)),
		"a message that the provider would not have": failing.Sender.Send(t.Context(), letterTo(t, setup.Channel, 3)),
	} {
		if out.Result.Refused() {
			require.Error(t, out.Err, "%s: %s", what, out.Result)
		}
	}
}

// oddTexts are texts that an encoding or a protocol may take for something else.
func oddTexts() []string {
	return []string{
		`"quotes", 'more' and \"more\", <b>&amp;</b> & a=b+c%20d;#?$1 {{.Code}} %s ${code}`,
		"Grüße: ÄÖÜß, u\u0308, Žluťoučký kůň, Ελληνικά, Кириллица, 漢字, € 𝄞",
		"🎉 👩‍👩‍👧 🇦🇹 ☎️",
		"رمزك هو 123456، לא לשתף, \u200f123\u200e",
		"a line\n.\n..\n.hidden\n\n    indented\n\ttabbed\nFrom somebody\n-- \nthe end",
		"a line\r\n.\r\nbehind the dot\r\nQUIT\r\n",
		strings.Repeat("0123456789", 100),
		strings.Repeat("ü漢🎉 e\u0301\n", 1000/7) + "the end",
	}
}

func keepsText(t testing.TB, setup SenderSetup) {
	s := setup.Open(t)
	for n, odd := range oddTexts() {
		m := letterTo(t, setup.Channel, n)
		text, err := m.Compose()
		require.NoError(t, err)
		text.Body = m.Code.Reveal() + " " + odd
		m.Compose = func() (port.MessageText, error) { return text, nil }
		out := s.Sender.Send(t.Context(), m)
		require.True(t, out.Result.Accepted(), "got %s: %v", out.Result, out.Err)
		received := handedTo(s, m)
		require.Len(t, received, 1, "messages")
		got := received[0].Text
		switch {
		case setup.Template:
			require.Contains(t, got, m.Code.Reveal())
		case setup.Channel.Kind == domain.KindEmail: // which has more parts
			require.Contains(t, settled(got), settled(text.Body))
		default:
			require.Equal(t, settled(text.Body), settled(got))
		}
	}
}

// settled is a text with line ends of one kind, and no spaces before them: a provider
// may have its own.
func settled(text string) string {
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// errorsHideSecrets looks at what comes of every fault.
func errorsHideSecrets(t testing.TB, setup SenderSetup) {
	m := letterTo(t, setup.Channel, 1)
	m.RetryBudget = 0
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	requireHidden(t, setup, m, setup.Open(t).Sender.Send(gone, m))
	s := setup.Open(t)
	s.Hang()
	requireHidden(t, setup, m, sendAndCallOff(t, s, m))
	for _, fault := range []func(SenderUnderTest) func(){
		func(s SenderUnderTest) func() { return s.Fail },
		func(s SenderUnderTest) func() { return s.Reset },
		func(s SenderUnderTest) func() { return s.Garble },
		func(s SenderUnderTest) func() {
			if s.Throttle == nil {
				return nil
			}
			return func() { s.Throttle(patience) }
		},
	} {
		s := setup.Open(t)
		if spoil := fault(s); spoil != nil {
			spoil()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			requireHidden(t, setup, m, s.Sender.Send(ctx, m))
			cancel()
		}
	}
}

// requireHidden looks for what must be hidden wherever a log may look.
func requireHidden(t testing.TB, setup SenderSetup, m port.CodeMessage, out port.SendOutcome) {
	require.NotContains(t, out.MessageID, m.Code.Reveal(), "the name of the message")
	var shown string
	for err := out.Err; err != nil; err = errors.Unwrap(err) {
		shown += fmt.Sprintf(" %v %+v %#v", err, err, err)
	}
	shown = strings.ToLower(shown)
	spaced := strings.Join(strings.Split(m.Code.Reveal(), ""), " ")
	require.NotContains(t, shown, m.Code.Reveal(), "the code")
	require.NotContains(t, shown, spaced, "the code")
	require.NotContains(t, shown, strings.TrimPrefix(m.To.Value(), "+"), "the recipient")
	for _, secret := range setup.Secrets {
		require.NotEmpty(t, secret)
		require.NotContains(t, shown, strings.ToLower(secret), "a secret of the configuration")
	}
}

// printsNoCode watches what the process prints and logs during a success and a refusal.
func printsNoCode(t testing.TB, setup SenderSetup) {
	good, bad := setup.Open(t), setup.Open(t)
	bad.Fail()
	m := letterTo(t, setup.Channel, 9137)
	shown := outputOf(t, func() {
		good.Sender.Send(t.Context(), m)
		bad.Sender.Send(t.Context(), m)
	})
	require.NotContains(t, shown, m.Code.Reveal(), "on the output or in the log")
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
		require.Contains(t, got[m.To.Value()], m.Code.Reveal(), "%s got another message", m.To.Value())
	}
}
