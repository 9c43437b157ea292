package kit

import (
	"bytes"
	"sync"
)

// Journal takes what a service prints. It is safe for concurrent use; the zero
// Journal is empty.
type Journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds to the journal.
func (j *Journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// String is everything so far.
func (j *Journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}
