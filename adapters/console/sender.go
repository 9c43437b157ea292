package console

import (
	"context"
	"fmt"
	"io"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.CodeSender = (*Sender)(nil)

// Sender prints messages, one after the other. It is safe for concurrent use.
type Sender struct {
	people io.Writer     // gets a page for each message
	lines  io.Writer     // gets a line of JSON for each, nil for nobody
	turn   chan struct{} // holds whoever is writing
	torn   bool          // the last line has no end; only in one's turn
}

// New makes a sender that prints to people alone.
func New(people io.Writer) *Sender {
	return &Sender{people: people, turn: make(chan struct{}, 1)}
}

// PrintingTo is the same sender, but for where it prints to people.
func (s *Sender) PrintingTo(people io.Writer) port.CodeSender {
	return &Sender{people: people, lines: s.lines, turn: s.turn, torn: s.torn}
}

// Send prints a message. An output that takes nothing (a full disk) is a provider
// that is not there, one that stands still (a paused terminal) is one that does not
// answer.
func (s *Sender) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	text, err := m.Compose()
	if err != nil {
		return port.SendOutcome{Result: domain.SendRejected, Err: fmt.Errorf("print message: %w", err)}
	}
	line, err := lineOf(m, text)
	if err != nil {
		return port.SendOutcome{Result: domain.SendRejected, Err: fmt.Errorf("print message: %w", err)}
	}
	if err := s.takeTurn(ctx); err != nil {
		return port.SendOutcome{Result: domain.SendUnreachable, Err: fmt.Errorf("wait for the console: %w", err)}
	}
	done := make(chan port.SendOutcome, 1)
	go func() { // a write cannot be called off; at most one is left standing
		defer func() { <-s.turn }()
		done <- s.write(line, pageOf(m, text))
	}()
	select {
	case out := <-done:
		return out
	case <-ctx.Done():
		return port.SendOutcome{Result: domain.SendTimeout, Err: fmt.Errorf("print message: %w", ctx.Err())}
	}
}

func (s *Sender) takeTurn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write hands a message to the file first, which programs wait for, then to people.
// A message that is in the file has arrived.
func (s *Sender) write(line, page []byte) port.SendOutcome {
	if s.lines == nil {
		n, err := s.people.Write(page)
		return outcome(n, err)
	}
	if s.torn {
		line = append([]byte("\n"), line...)
	}
	n, err := s.lines.Write(line) // in one, so that lines of several processes do not mix
	s.torn = err != nil && (n > 0 || s.torn)
	out := outcome(n, err)
	if out.Result.Accepted() {
		_, out.Err = s.people.Write(page)
	}
	return out
}

// outcome is what became of a write of which n bytes were taken.
func outcome(n int, err error) port.SendOutcome {
	out := port.SendOutcome{Result: domain.SendAccepted}
	switch {
	case err == nil:
		return out
	case n > 0:
		out.Result = domain.SendUnknown
	default:
		out.Result = domain.SendUnreachable
	}
	out.Err = fmt.Errorf("print message: %w", err)
	return out
}
