package contract

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// NotifierUnderTest is a notifier and the service behind it, on this machine, that
// speaks as the real one does.
type NotifierUnderTest struct {
	Notifier port.AdminNotifier
	// Received is what the admins read so far, without markup, one text a message.
	Received func() []string
	// Hang makes the service take what it is handed from now on and never answer.
	Hang func()
	// RateLimit makes the service refuse, and ask to wait so many seconds.
	RateLimit func(seconds int)
	// Refuse makes the service refuse this configuration, and quote
	// in its refusal what it was handed, as far as the real one can.
	Refuse func()
	// Vanish makes the service unreachable.
	Vanish func()
	// Secret is the one of the configuration.
	Secret string
}

// AdminNotifier proves the contract of port.AdminNotifier. open is called once for
// each promise.
func AdminNotifier(t *testing.T, open func(t testing.TB) NotifierUnderTest) {
	t.Helper()
	prove(t, open, adminNotifierPromises())
}

func adminNotifierPromises() []promise[func(testing.TB) NotifierUnderTest] {
	return []promise[func(testing.TB) NotifierUnderTest]{
		{"It must deliver every event, in one message or more.", tellsEveryEvent},
		{"It must escape markup in events.", takesNothingForMarkup},
		{"It must return when ctx is done, with an error if the events may not have been delivered.", notifyReturnsWhenDone},
		{
			"It must fail with a fault of the kind Throttled and its RetryAfter when the service rate-limits it.",
			notifyIsThrottled,
		},
		{
			"It must fail with a fault of the kind Denied when the service refuses it until the configuration changes.",
			notifyIsDenied,
		},
		{"It must never show a secret of its configuration in an error.", notifyHidesSecrets},
	}
}

// eventOf is an event with something in every field.
func eventOf(name domain.EventName, n int) domain.Event {
	return domain.Event{
		Name: name, At: time.Date(2026, time.March, 14, 12, 0, n, 0, time.UTC),
		Recipient: fmt.Sprintf("p%d***@example.com", n),
		Requester: domain.RequesterNew, Channel: domain.ChannelEmail, From: netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}),
		Source: "news.example.com", UserUUID: "019cec37-b600-7000-8000-0000000000aa",
		SessionID: "019cec37-b600-7000-8000-0000000000bb",
		Provider:  "acme", Result: domain.SendUnreachable, Count: 40 + n,
	}
}

func tellsEveryEvent(t testing.TB, open func(testing.TB) NotifierUnderTest) {
	s := open(t)
	var events []domain.Event
	for n := range 40 {
		events = append(events, eventOf(domain.EventNames[n%len(domain.EventNames)], n))
	}
	require.NoError(t, s.Notifier.Notify(t.Context(), events))
	all := strings.Join(s.Received(), "\n")
	for _, e := range events {
		require.Equal(t, 1, strings.Count(all, e.Recipient), "%s of %s in\n%s", e.Name, e.Recipient, all)
	}
	require.NoError(t, s.Notifier.Notify(t.Context(), nil))
	require.Equal(t, all, strings.Join(s.Received(), "\n"), "told of nothing")
}

func takesNothingForMarkup(t testing.TB, open func(testing.TB) NotifierUnderTest) {
	s := open(t)
	for _, text := range []string{
		`<b>x</b>`, `</b></code>`, `&lt;`, `&`, `<a href="https://eve.example">log in</a>`, `"'`,
		`*x* _y_ [z](https://eve.example)`, "`x`", "\\",
	} {
		e := eventOf(domain.EventNewRegistration, 1)
		e.Source, e.Recipient, e.Provider = text, text+"@example.com", text
		require.NoError(t, s.Notifier.Notify(t.Context(), []domain.Event{e}), text)
		told := s.Received()
		require.Contains(t, told[len(told)-1], text)
	}
}

// notifyWithin calls a notifier, and fails the proof if it does not come back a moment
// after its context is done.
func notifyWithin(t testing.TB, ctx context.Context, s NotifierUnderTest) error {
	done := make(chan error, 1)
	go func() { done <- s.Notifier.Notify(ctx, []domain.Event{eventOf(domain.EventFirstLogin, 1)}) }()
	<-ctx.Done()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case err := <-done:
		return err
	case <-late.C:
		require.Fail(t, "Notify did not return", "%s after its ctx was done", patience)
		return nil
	}
}

func notifyReturnsWhenDone(t testing.TB, open func(testing.TB) NotifierUnderTest) {
	s := open(t)
	s.Hang()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.Error(t, notifyWithin(t, ctx, s), "no event was delivered")
}

// faultOf is the fault of a notice that cannot be told.
func faultOf(t testing.TB, s NotifierUnderTest) *domain.Error {
	err := s.Notifier.Notify(t.Context(), []domain.Event{eventOf(domain.EventFirstLogin, 1)})
	require.Error(t, err)
	var fault *domain.Error
	require.True(t, errors.As(err, &fault), "got %v, want a fault", err)
	return fault
}

func notifyIsThrottled(t testing.TB, open func(testing.TB) NotifierUnderTest) {
	s := open(t)
	s.RateLimit(17)
	fault := faultOf(t, s)
	require.Equal(t, domain.Throttled, fault.Kind)
	require.Equal(t, 17*time.Second, fault.RetryAfter)
}

func notifyIsDenied(t testing.TB, open func(testing.TB) NotifierUnderTest) {
	s := open(t)
	s.Refuse()
	require.Equal(t, domain.Denied, faultOf(t, s).Kind)
	s = open(t)
	s.Vanish()
	err := s.Notifier.Notify(t.Context(), []domain.Event{eventOf(domain.EventFirstLogin, 1)})
	require.Error(t, err)
	require.NotEqual(t, domain.Denied, domain.AsError(err).Kind, "an unavailable service has not refused")
}

func notifyHidesSecrets(t testing.TB, open func(testing.TB) NotifierUnderTest) {
	for name, spoil := range map[string]func(NotifierUnderTest){
		"hangs":        func(s NotifierUnderTest) { s.Hang() },
		"refuses":      func(s NotifierUnderTest) { s.Refuse() },
		"is away":      func(s NotifierUnderTest) { s.Vanish() },
		"asks to wait": func(s NotifierUnderTest) { s.RateLimit(1) },
	} {
		s := open(t)
		spoil(s)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		err := s.Notifier.Notify(ctx, []domain.Event{eventOf(domain.EventFirstLogin, 1)})
		cancel()
		require.Error(t, err, "a service that %s", name)
		for ; err != nil; err = errors.Unwrap(err) {
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), s.Secret, "of a service that %s", name)
		}
	}
}
