package asynclog

import (
	"bytes"
	"io"
	"runtime"
	"slices"
	"sync"
	"time"
)

// spareSize is the capacity, in bytes, up to which a written buffer is reused.
const spareSize = 64 << 10

// Writer buffers lines and writes them to an output in their order. It is safe for
// concurrent use. Its goroutine lives only while lines are buffered, so a Writer
// needs no Close.
type Writer struct {
	out     io.Writer
	size    int
	dropped func(lines int) []byte

	mu          sync.Mutex
	buffer      []byte        // lines to be written next
	spare       []byte        // empty, the buffer after that
	full        bool          // lines are dropped until the buffer is taken
	missing     int           // dropped lines that are not reported yet
	partialLine bool          // the output ends within a line
	idle        chan struct{} // closed when all is written; nil while nothing is buffered
}

// New makes a writer that buffers up to size bytes for an output. dropped makes the
// line that reports how many lines were dropped, with its newline.
func New(out io.Writer, size int, dropped func(lines int) []byte) *Writer {
	return &Writer{out: out, size: size, dropped: dropped}
}

// WriteString writes a text, and waits for the output no longer than timeout.
func WriteString(out io.Writer, text string, timeout time.Duration) {
	w := New(out, len(text), nil)
	_, _ = io.WriteString(w, text) // fits
	w.Flush(timeout)
}

// Write takes whole lines. It never blocks and never fails: a line without room is
// dropped with all that follow it until the buffer is taken, so that a gap in the log
// is one gap.
func (w *Writer) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.full || len(w.buffer)+len(line) > w.size {
		w.full = len(w.buffer) > 0
		w.missing += bytes.Count(line, newline)
		return len(line), nil
	}
	w.buffer = append(w.buffer, line...)
	if w.idle == nil {
		w.idle = make(chan struct{})
		go w.flushLoop()
	}
	return len(line), nil
}

// Flush waits until all lines are written, but no longer than timeout.
func (w *Writer) Flush(timeout time.Duration) {
	w.mu.Lock()
	idle := w.idle
	w.mu.Unlock()
	if idle == nil {
		return
	}
	select {
	case <-idle:
	case <-time.After(timeout):
	}
}

var newline = []byte("\n")

// flushLoop writes until the buffer stays empty.
func (w *Writer) flushLoop() {
	runtime.Gosched() // concurrent callers of Write join the same batch
	for {
		batch, reported := w.swap()
		if len(batch) == 0 {
			return
		}
		n, _ := w.out.Write(batch) // a failure of the log cannot be logged
		w.commit(batch, n, reported)
	}
}

// swap takes the buffered lines and appends the report of the lines dropped after
// them. Without lines it ends the loop.
func (w *Writer) swap() (batch []byte, reported int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.buffer) == 0 {
		close(w.idle)
		w.idle = nil
		return nil, 0
	}
	batch, reported = w.buffer, w.missing
	w.buffer, w.spare, w.full, w.missing = w.spare, nil, false, 0
	if w.partialLine {
		batch = slices.Insert(batch, 0, newline...)
	}
	if reported > 0 {
		batch = append(batch, w.dropped(reported)...)
	}
	return batch, reported
}

// commit accounts for a batch of which n bytes were written. Lines that the output
// refused, as a full disk does, count as dropped.
func (w *Writer) commit(batch []byte, n, reported int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n < len(batch) {
		w.missing += bytes.Count(batch[n:], newline)
		if reported > 0 { // the report was among them, and is no line of the log
			w.missing += reported - 1
		}
	}
	if n > 0 {
		w.partialLine = batch[n-1] != '\n'
	}
	if cap(batch) <= spareSize {
		w.spare = batch[:0]
	}
}
