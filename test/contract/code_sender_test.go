package contract

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// pigeonry is a provider in memory, and a sender for it that keeps every promise
// but the one that a test takes away.
type pigeonry struct {
	mu       sync.Mutex
	received []Handed
	hang     bool
	fail     bool
	closed   chan struct{} // at the end of a test

	twoRecipients bool // copies somebody in
	deaf          bool // does not hear that it is called off
	optimist      bool // says accepted when it is called off
	denier        bool // says refused when it is called off
	empty         bool // sends what could not be composed
	talkative     bool // shows what it was handed in an error
	spelling      bool // shows it letter by letter
	mixesUp       bool // hands over the last text twice
	forgets       bool // loses every tenth message
	last          string
}

func (p *pigeonry) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	text, err := m.Compose()
	if err != nil && !p.empty {
		return port.SendOutcome{Result: domain.SendRejected, Err: err}
	}
	if ctx.Err() != nil {
		return port.SendOutcome{Result: domain.SendUnreachable, Err: ctx.Err()}
	}
	hang, fail := p.take(m, text.Body)
	switch {
	case fail && p.talkative:
		return port.SendOutcome{Result: domain.SendRejected, Err: fmt.Errorf("refused: %w", errors.New(text.Body))}
	case fail && p.spelling:
		return port.SendOutcome{Result: domain.SendRejected, Err: fmt.Errorf("refused: % s", spaced(m.Code.Reveal()))}
	case fail:
		return port.SendOutcome{Result: domain.SendRejected, Err: errors.New("refused")}
	case hang && p.deaf:
		<-p.closed
	case hang:
		<-ctx.Done()
	}
	switch {
	case !hang || p.optimist || p.deaf:
		return port.SendOutcome{Result: domain.SendAccepted}
	case p.denier:
		return port.SendOutcome{Result: domain.SendUnreachable}
	default:
		return port.SendOutcome{Result: domain.SendTimeout}
	}
}

func (p *pigeonry) take(m port.CodeMessage, text string) (hang, fail bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail || p.forgets && len(p.received)%10 == 9 {
		return false, p.fail
	}
	handed := Handed{To: []string{m.To.Value()}, Text: text}
	if p.twoRecipients {
		handed.To = append(handed.To, "eve@example.com")
	}
	if p.mixesUp && p.last != "" {
		handed.Text = p.last
	}
	p.last = text
	p.received = append(p.received, handed)
	return p.hang, false
}

func spaced(text string) (list []string) {
	for _, r := range text {
		list = append(list, string(r))
	}
	return list
}

// keep is a setup of pigeonries that are spoiled in one way.
func keep(spoil func(p *pigeonry)) SenderSetup {
	set := func(p *pigeonry, change func()) func() {
		return func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			change()
		}
	}
	return SenderSetup{
		Channel: domain.Channel{Name: "pigeon", Kind: domain.KindPhone},
		Open: func(t testing.TB) SenderUnderTest {
			p := &pigeonry{closed: make(chan struct{})}
			t.Cleanup(func() { close(p.closed) })
			spoil(p)
			return SenderUnderTest{
				Sender: p,
				Received: func() []Handed {
					p.mu.Lock()
					defer p.mu.Unlock()
					return append([]Handed(nil), p.received...)
				},
				Hang: set(p, func() { p.hang = true }),
				Fail: set(p, func() { p.fail = true }),
			}
		},
	}
}

func TestCodeSender_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	require.Empty(t, CheckCodeSender(keep(func(*pigeonry) {})))
	for name, row := range map[string]struct {
		spoil  func(p *pigeonry)
		breaks string
	}{
		"copies somebody in":         {func(p *pigeonry) { p.twoRecipients = true }, "It must send to exactly one recipient, the one of the message."},
		"loses messages":             {func(p *pigeonry) { p.forgets = true }, "It must be safe for concurrent use."},
		"mixes messages up":          {func(p *pigeonry) { p.mixesUp = true }, "It must be safe for concurrent use."},
		"cannot be called off":       {func(p *pigeonry) { p.deaf = true }, "It must return when ctx is done, with timeout or unknown if the message may have been sent."},
		"claims what it cannot know": {func(p *pigeonry) { p.optimist = true }, "It must return when ctx is done, with timeout or unknown if the message may have been sent."},
		"denies what it cannot know": {func(p *pigeonry) { p.denier = true }, "It must return when ctx is done, with timeout or unknown if the message may have been sent."},
		"sends what it cannot write": {func(p *pigeonry) { p.empty = true }, "It must refuse, and hand nothing over, when Compose fails."},
		"quotes the message":         {func(p *pigeonry) { p.talkative = true }, "It must never show the code in an error."},
		"spells the code":            {func(p *pigeonry) { p.spelling = true }, "It must never show the code in an error."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				require.Contains(t, CheckCodeSender(keep(row.spoil)), row.breaks)
			})
		})
	}
}
