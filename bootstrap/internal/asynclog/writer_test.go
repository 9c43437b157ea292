package asynclog_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/asynclog"
)

// output is one that can stand still, and refuse.
type output struct {
	mu     sync.Mutex
	text   strings.Builder
	writes int
	takes  int           // bytes of the next write, then it fails; < 0 for all
	begun  chan struct{} // gets a word for each write that begins
	goOn   chan struct{} // lets one write go on, or all when it is closed
}

func newOutput() *output {
	return &output{takes: -1, begun: make(chan struct{}, 1000), goOn: make(chan struct{}, 1000)}
}

func (o *output) Write(p []byte) (int, error) {
	o.begun <- struct{}{}
	<-o.goOn
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writes++
	if o.takes >= 0 {
		n := o.takes
		o.takes = -1
		o.text.Write(p[:n])
		return n, errors.New("no space left")
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func note(dropped int) []byte { return fmt.Appendf(nil, "%d dropped\n", dropped) }

const patience = 10 * time.Second

func TestWriter_keepsTheOrder(t *testing.T) {
	t.Parallel()
	out := newOutput()
	close(out.goOn)
	out.begun = make(chan struct{}, 100_000)
	writer := asynclog.New(out, 1<<20, note)
	const writers, lines = 8, 500
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range lines {
				fmt.Fprintf(writer, "%d %d\n", w, i)
			}
		})
	}
	writing.Wait()
	writer.Flush(patience)
	next := [writers]int{}
	for line := range strings.Lines(out.String()) {
		var w, i int
		_, err := fmt.Sscanf(line, "%d %d\n", &w, &i)
		require.NoError(t, err, line)
		require.Equal(t, next[w], i, "of writer %d", w)
		next[w]++
	}
	for w := range writers {
		require.Equal(t, lines, next[w], "of writer %d", w)
	}
}

func TestWriter_gathersLinesWhileTheOutputIsBusy(t *testing.T) {
	t.Parallel()
	out := newOutput()
	writer := asynclog.New(out, 1<<20, note)
	fmt.Fprintln(writer, "first")
	<-out.begun
	want := "first\n"
	for i := range 1000 {
		fmt.Fprintln(writer, i)
		want += fmt.Sprintln(i)
	}
	close(out.goOn)
	writer.Flush(patience)
	require.Equal(t, want, out.String())
	require.Equal(t, 2, out.writes)
}

func TestWriter_dropsWhatFindsNoRoom(t *testing.T) {
	t.Parallel()
	out := newOutput()
	writer := asynclog.New(out, 20, note)
	fmt.Fprintln(writer, "first")
	<-out.begun // the reader blocks
	fmt.Fprintln(writer, "waits 1")
	fmt.Fprintln(writer, "waits 2")
	fmt.Fprintln(writer, "is too long")
	for range 99 {
		n, err := fmt.Fprintln(writer, "x") // has room, and would stand in a place that is not its own
		require.NoError(t, err)
		require.Equal(t, 2, n)
	}
	writer.Flush(time.Millisecond)
	require.Empty(t, out.String())

	close(out.goOn)
	writer.Flush(patience)
	fmt.Fprintln(writer, "after it")
	writer.Flush(patience)
	require.Equal(t, "first\nwaits 1\nwaits 2\n100 dropped\nafter it\n", out.String())
}

func TestWriter_goesOnAfterALineThatNeverHasRoom(t *testing.T) {
	t.Parallel()
	out := newOutput()
	close(out.goOn)
	writer := asynclog.New(out, 20, note)
	fmt.Fprintln(writer, strings.Repeat("x", 20))
	fmt.Fprintln(writer, "next")
	writer.Flush(patience)
	require.Equal(t, "next\n1 dropped\n", out.String())
}

func TestWriter_countsWhatTheOutputRefuses(t *testing.T) {
	t.Parallel()
	out := newOutput()
	close(out.goOn)
	writer := asynclog.New(out, 100, note)
	say := func(line string, takes int) {
		out.mu.Lock()
		out.takes = takes
		out.mu.Unlock()
		fmt.Fprintln(writer, line)
		writer.Flush(patience)
	}
	say("one", 0)
	say("two", 2)   // of itself and of the note
	say("three", 3) // the end of the torn line is among them
	say("four", -1)
	require.Equal(t, "tw\nth\nfour\n3 dropped\n", out.String())
}

func TestWriter_flushWaitsNoLongerThanItIsTold(t *testing.T) {
	t.Parallel()
	out := newOutput()
	writer := asynclog.New(out, 100, note)
	writer.Flush(time.Hour) // nothing to wait for
	fmt.Fprintln(writer, "line")
	<-out.begun
	begun := time.Now()
	writer.Flush(10 * time.Millisecond)
	require.Less(t, time.Since(begun), patience)
	close(out.goOn)
	writer.Flush(time.Hour)
	require.Equal(t, "line\n", out.String())
}
