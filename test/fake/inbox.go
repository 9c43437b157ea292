package fake

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Patience is for how long an inbox waits for a message that a test expects.
const Patience = 5 * time.Second

// Letter is one message as its recipient reads it.
type Letter struct {
	DeliveryID  string
	ChallengeID domain.ChallengeID
	Channel     domain.ChannelName
	To          string // canonical
	Code        string
	Purpose     domain.Purpose
	Locale      string
	ExpiresAt   time.Time
	ExpiresIn   time.Duration
	Text        port.MessageText
	Result      domain.SendResult // that the inbox answered; timeout while it hangs
}

// Inbox is a provider with messages that a test reads. It accepts
// all, unless it is told otherwise, and is safe for concurrent use.
type Inbox struct {
	mu      sync.Mutex
	letters []Letter
	read    map[string]int // by recipient, how many of letters were looked at
	news    chan struct{}  // closed at the next letter
	answer  func(port.CodeMessage) port.SendOutcome
	hanging chan struct{} // closed when the inbox answers again; nil if it does
}

var _ port.CodeSender = (*Inbox)(nil)

// NewInbox makes an empty inbox.
func NewInbox() *Inbox {
	return &Inbox{read: map[string]int{}, news: make(chan struct{}), answer: accept}
}

func accept(m port.CodeMessage) port.SendOutcome {
	return port.SendOutcome{Result: domain.SendAccepted, MessageID: "inbox-" + m.DeliveryID}
}

// Channels are the senders to wire in: this inbox, for every channel.
func (b *Inbox) Channels() []port.ChannelSender {
	return []port.ChannelSender{{Channel: domain.Channel{Name: domain.ChannelAny}, Provider: "inbox", Sender: b}}
}

// Send puts a message into the inbox and answers as it was told to.
func (b *Inbox) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	text, err := m.Compose()
	if err != nil {
		return port.SendOutcome{Result: domain.SendRejected, Err: err}
	}
	if ctx.Err() != nil {
		return port.SendOutcome{Result: domain.SendUnreachable, Err: ctx.Err()}
	}
	out, hanging := b.put(m, text)
	if hanging == nil {
		return out
	}
	select {
	case <-hanging:
		return out
	case <-ctx.Done():
		return port.SendOutcome{Result: domain.SendTimeout, Err: ctx.Err()}
	}
}

func (b *Inbox) put(m port.CodeMessage, text port.MessageText) (port.SendOutcome, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.answer(m)
	letter := Letter{
		DeliveryID: m.DeliveryID, ChallengeID: m.ChallengeID, Channel: m.Channel, To: m.To.Value(),
		Code: m.Code.Reveal(), Purpose: m.Purpose, Locale: m.Locale, ExpiresAt: m.ExpiresAt, ExpiresIn: m.ExpiresIn,
		Text: text, Result: out.Result,
	}
	if b.hanging != nil {
		letter.Result = domain.SendTimeout
	}
	b.letters = append(b.letters, letter)
	close(b.news)
	b.news = make(chan struct{})
	return out, b.hanging
}

// Answer makes the inbox answer every message with this outcome from now on. A
// refused message is not delivered: Code does not find it.
func (b *Inbox) Answer(out port.SendOutcome) {
	b.AnswerWith(func(port.CodeMessage) port.SendOutcome { return out })
}

// AnswerWith makes the inbox ask a function what to answer from now on, one
// message at a time. nil accepts all again.
func (b *Inbox) AnswerWith(answer func(port.CodeMessage) port.SendOutcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.answer = answer; answer == nil {
		b.answer = accept
	}
}

// Hang makes the inbox take messages and not answer, until they are called off or
// the function that it returns is called.
func (b *Inbox) Hang() (release func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	hanging := make(chan struct{})
	b.hanging = hanging
	return sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		close(hanging)
		if b.hanging == hanging {
			b.hanging = nil
		}
	})
}

// Code waits for a message to an address, in its canonical form, that no call has
// looked at yet, and gives the code of the newest. Messages that the inbox refused
// do not count.
func (b *Inbox) Code(t testing.TB, to string) string {
	t.Helper()
	var newest Letter
	b.wait(t, "a message to "+to, func() bool {
		letters := b.letters[b.read[to]:]
		for _, l := range slices.Backward(letters) {
			if l.To == to && !l.Result.Refused() {
				newest, b.read[to] = l, len(b.letters)
				return true
			}
		}
		return false
	})
	return newest.Code
}

// Wait waits until the inbox has been handed n messages or more, whatever it
// answered, and gives all of them.
func (b *Inbox) Wait(t testing.TB, n int) []Letter {
	t.Helper()
	b.wait(t, "more messages", func() bool { return len(b.letters) >= n })
	return b.Letters()
}

// Letters is every message that the inbox has been handed, whatever it answered.
func (b *Inbox) Letters() []Letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.letters)
}

// wait asks at every letter, with the inbox locked, until it is so.
func (b *Inbox) wait(t testing.TB, what string, so func() bool) {
	t.Helper()
	late := time.NewTimer(Patience)
	defer late.Stop()
	for {
		b.mu.Lock()
		done, news := so(), b.news
		b.mu.Unlock()
		if done {
			return
		}
		select {
		case <-news:
		case <-late.C:
			t.Fatalf("no sign of %s after %s; in the inbox: %v", what, Patience, b.recipients())
		}
	}
}

func (b *Inbox) recipients() (list []string) {
	for _, l := range b.Letters() {
		list = append(list, string(l.Channel)+" to "+l.To+" ("+string(l.Result)+")")
	}
	return list
}
