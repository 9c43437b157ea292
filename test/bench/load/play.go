package load

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Play is what the connections of a Run do. One goroutine calls it.
//
// An act is one request or several, each made of the answer to the one before;
// its time is that from the first request to the last answer.
type Play interface {
	// Start appends the first request of the connection's next act to buf. It
	// reports false when there is nothing left to do.
	Start(connection int, buf []byte) (request []byte, ok bool)
	// Follow reads the body of a good answer (2xx), which is gone afterwards, and
	// appends the next request of the same act to buf; an empty one ends the act.
	Follow(connection int, body, buf []byte) (request []byte, err error)
}

// Result is what came of a Run.
type Result struct {
	Acts      int // that ended in time
	Took      time.Duration
	Latencies Latencies
	Failures  Failures
}

// Rate is the number of acts a second.
func (r Result) Rate() float64 {
	if r.Took <= 0 {
		return 0
	}
	return float64(r.Acts) / r.Took.Seconds()
}

// Failures count what was not a good answer, by what it was.
type Failures struct {
	counts  map[string]int
	samples map[string]string // the first of each
}

// Add counts one failure. What tells one from another of its kind is for the
// sample.
func (f *Failures) Add(kind, sample string) {
	if f.counts == nil {
		f.counts, f.samples = map[string]int{}, map[string]string{}
	}
	if f.counts[kind]++; f.counts[kind] == 1 {
		f.samples[kind] = sample
	}
}

// Merge adds all failures of others.
func (f *Failures) Merge(others Failures) {
	for kind, n := range others.counts {
		f.Add(kind, others.samples[kind])
		f.counts[kind] += n - 1
	}
}

// Total is how many there were.
func (f Failures) Total() int {
	total := 0
	for _, n := range f.counts {
		total += n
	}
	return total
}

// String says what they were, one line a kind with the first as an example.
func (f Failures) String() string {
	var b strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(f.counts)) {
		fmt.Fprintf(&b, "%d times %s, first: %s\n", f.counts[kind], kind, f.samples[kind])
	}
	return b.String()
}
