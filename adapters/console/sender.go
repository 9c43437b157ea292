package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

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

// line is a message for programs. Every member is always present.
type line struct {
	Time        time.Time `json:"time"` // of sending, in UTC
	Channel     string    `json:"channel"`
	To          string    `json:"to"` // canonical
	Subject     string    `json:"subject"`
	Body        string    `json:"body"`
	HTML        string    `json:"html"`
	Code        string    `json:"code"`
	ChallengeID string    `json:"challenge_id"`
}

// lineOf encodes a message as one line of JSON, with a line end.
func lineOf(m port.CodeMessage, text port.MessageText) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(line{
		Time: m.ExpiresAt.Add(-m.ExpiresIn).UTC(), Channel: string(m.Channel), To: m.To.Value(),
		Subject: text.Subject, Body: text.Body, HTML: text.HTML,
		Code: m.Code.Reveal(), ChallengeID: string(m.ChallengeID),
	})
	return b.Bytes(), err
}

const blockWidth = 64

// blockOf formats a message as a block that stands out between log lines.
func blockOf(m port.CodeMessage, text port.MessageText) []byte {
	var b strings.Builder
	title := fmt.Sprintf("--- %s to %s ", m.Channel, m.To.Value())
	b.WriteString(title + strings.Repeat("-", max(3, blockWidth-len(title))) + "\n")
	if text.Subject != "" {
		b.WriteString("Subject: " + text.Subject + "\n\n")
	}
	b.WriteString(strings.TrimSpace(text.Body) + "\n")
	b.WriteString(strings.Repeat("-", blockWidth) + "\n")
	return []byte(b.String())
}
