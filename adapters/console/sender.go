package console

import (
	"context"
	"fmt"
	"io"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.CodeSender = (*Sender)(nil)

// Sender prints messages one at a time. It is safe for concurrent use.
type Sender struct {
	terminal io.Writer     // gets a text block per message
	lines    io.Writer     // gets a line of JSON per message; nil for none
	lock     chan struct{} // a mutex that a context can cancel
	torn     bool          // the last line has no line end; guarded by lock
}

// New returns a sender that prints to a terminal.
func New(terminal io.Writer) *Sender {
	return &Sender{terminal: terminal, lock: make(chan struct{}, 1)}
}

// PrintingTo returns the sender with another terminal.
func (s *Sender) PrintingTo(terminal io.Writer) port.CodeSender {
	return &Sender{terminal: terminal, lines: s.lines, lock: s.lock, torn: s.torn}
}

// Send prints a message. An output that fails (a full disk) is reported as an
// unreachable provider, one that blocks (a paused terminal) as a timeout.
func (s *Sender) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	text, err := m.Compose()
	if err != nil {
		return port.SendOutcome{Result: domain.SendRejected, Err: fmt.Errorf("print message: %w", err)}
	}
	line, err := lineOf(m, text)
	if err != nil {
		return port.SendOutcome{Result: domain.SendRejected, Err: fmt.Errorf("print message: %w", err)}
	}
	if err := s.acquire(ctx); err != nil {
		return port.SendOutcome{Result: domain.SendUnreachable, Err: fmt.Errorf("wait for the console: %w", err)}
	}
	done := make(chan port.SendOutcome, 1)
	go func() { // a write cannot be canceled; the lock keeps at most one goroutine blocked
		defer func() { <-s.lock }()
		done <- s.write(line, blockOf(m, text))
	}()
	select {
	case out := <-done:
		return out
	case <-ctx.Done():
		return port.SendOutcome{Result: domain.SendTimeout, Err: fmt.Errorf("print message: %w", ctx.Err())}
	}
}

func (s *Sender) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.lock <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write appends a message to the file, if any, before it prints it. A message in the file
// counts as accepted.
func (s *Sender) write(line, block []byte) port.SendOutcome {
	if s.lines == nil {
		n, err := s.terminal.Write(block)
		return outcomeOf(n, err)
	}
	if s.torn {
		line = append([]byte("\n"), line...)
	}
	n, err := s.lines.Write(line) // one write, so that lines of several processes do not mix
	s.torn = err != nil && (n > 0 || s.torn)
	out := outcomeOf(n, err)
	if out.Result.Accepted() {
		_, out.Err = s.terminal.Write(block)
	}
	return out
}

// outcomeOf is the outcome of a write of n bytes.
func outcomeOf(n int, err error) port.SendOutcome {
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
