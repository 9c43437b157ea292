package logbook

import (
	"bytes"
	"io"
	"runtime"
	"slices"
	"sync"
	"time"
)

// keptRoom is how much room is kept for the next lines, in bytes. What a burst has
// needed beyond it is given back.
const keptRoom = 64 << 10

// Book takes lines and carries them to an output, in their order. It is safe for
// concurrent use. Its goroutine lives only while there are lines, so that a Book
// needs no end.
type Book struct {
	out  io.Writer
	room int
	note func(dropped int) []byte

	mu      sync.Mutex
	lines   []byte        // that wait for their turn
	spare   []byte        // empty, for the lines after those
	full    bool          // no line gets in before the waiting ones are taken
	dropped int           // lines that nobody has been told of
	torn    bool          // the last line in the output has no end
	idle    chan struct{} // closed when all is carried; nil while there is nothing to
}

// New makes a book that holds lines of up to room bytes for an output. note makes
// the line that tells how many were dropped, with its end.
func New(out io.Writer, room int, note func(dropped int) []byte) *Book {
	return &Book{out: out, room: room, note: note}
}

// Write takes whole lines. It never waits and never fails: a line without room is
// dropped, and so are those after it until there is room, so that the ones that are
// missing were together.
func (b *Book) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.full || len(b.lines)+len(line) > b.room {
		b.full = len(b.lines) > 0
		b.dropped += bytes.Count(line, newline)
		return len(line), nil
	}
	b.lines = append(b.lines, line...)
	if b.idle == nil {
		b.idle = make(chan struct{})
		go b.carry()
	}
	return len(line), nil
}

// Flush waits until all lines are carried, but no longer than it is told to.
func (b *Book) Flush(atMost time.Duration) {
	b.mu.Lock()
	idle := b.idle
	b.mu.Unlock()
	if idle == nil {
		return
	}
	late := time.NewTimer(atMost)
	defer late.Stop()
	select {
	case <-idle:
	case <-late.C:
	}
}

var newline = []byte("\n")

// carry writes until nothing is left.
func (b *Book) carry() {
	runtime.Gosched() // who is about to log goes along in the same write
	for {
		batch, told := b.take()
		if len(batch) == 0 {
			return
		}
		n, _ := b.out.Write(batch) // what is wrong with a log cannot be logged
		b.settle(batch, n, told)
	}
}

// take takes all lines that wait, and puts beneath them how many are missing after
// them. Without lines it is the end.
func (b *Book) take() (batch []byte, told int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.lines) == 0 {
		close(b.idle)
		b.idle = nil
		return nil, 0
	}
	batch, told = b.lines, b.dropped
	b.lines, b.spare, b.full, b.dropped = b.spare, nil, false, 0
	if b.torn {
		batch = slices.Insert(batch, 0, newline...)
	}
	if told > 0 {
		batch = append(batch, b.note(told)...)
	}
	return batch, told
}

// settle notes what became of a batch of which n bytes were written. Lines that the
// output has not taken, on a full disk, are dropped ones.
func (b *Book) settle(batch []byte, n, told int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n < len(batch) {
		b.dropped += bytes.Count(batch[n:], newline)
		if told > 0 { // the note was among them, and is no line of the log
			b.dropped += told - 1
		}
	}
	if n > 0 {
		b.torn = batch[n-1] != '\n'
	}
	if cap(batch) <= keptRoom {
		b.spare = batch[:0]
	}
}
