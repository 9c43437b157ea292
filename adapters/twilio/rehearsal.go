package twilio

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.CodeSender = (*rehearsal)(nil)

// rehearsal prints messages instead of sending them, one after the other.
type rehearsal struct {
	people io.Writer
	turn   chan struct{} // a lock of people
}

func newRehearsal(people io.Writer) *rehearsal {
	return &rehearsal{people: people, turn: make(chan struct{}, 1)}
}

// PrintingTo is the same, but for where it prints.
func (r *rehearsal) PrintingTo(people io.Writer) port.CodeSender { return newRehearsal(people) }

// Send prints a message. It returns when ctx is done, also while the output blocks.
func (r *rehearsal) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	text, err := m.Compose()
	if err != nil {
		return port.SendOutcome{Result: domain.SendRejected, Err: fmt.Errorf("print message: %w", err)}
	}
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return port.SendOutcome{Result: domain.SendUnreachable, Err: fmt.Errorf("wait for the output: %w", ctx.Err())}
	}
	page := fmt.Sprintf("--- twilio.test_mode: %s to %s, not sent\n%s\n---\n",
		m.Channel, m.To.Masked(), strings.TrimSpace(text.Body))
	done := make(chan error, 1)
	go func() { // a write cannot be called off; at most one is left standing
		defer func() { <-r.turn }()
		_, err := io.WriteString(r.people, page)
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			return port.SendOutcome{Result: domain.SendUnreachable, Err: fmt.Errorf("print message: %w", err)}
		}
		return port.SendOutcome{Result: domain.SendTest}
	case <-ctx.Done():
		return port.SendOutcome{Result: domain.SendTimeout, Err: fmt.Errorf("print message: %w", ctx.Err())}
	}
}
