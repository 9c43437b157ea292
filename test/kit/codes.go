package kit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
)

// Codes are the messages in the file of a console sender. They are safe for
// concurrent use.
type Codes struct {
	path string

	mu     sync.Mutex
	offset int64
	newest map[string]string // code by recipient
}

// ReadCodes reads a file that grows; it need not be there yet.
func ReadCodes(path string) *Codes { return &Codes{path: path, newest: map[string]string{}} }

// Newest is the code of the newest message to a recipient, in canonical form.
func (c *Codes) Newest(to string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.read(); err != nil {
		return "", err
	}
	code, ok := c.newest[to]
	if !ok {
		return "", fmt.Errorf("no message to %s in %s", to, c.path)
	}
	return code, nil
}

// read reads the lines that are new. One without an end is not whole yet.
func (c *Codes) read() error {
	file, err := os.Open(c.path)
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := io.ReadAll(io.NewSectionReader(file, c.offset, 1<<40))
	if err != nil {
		return err
	}
	for {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			return nil
		}
		var message struct{ To, Code string }
		if err := json.Unmarshal(line, &message); err == nil { // a kill may have torn it
			c.newest[message.To] = message.Code
		}
		c.offset, text = c.offset+int64(len(line))+1, rest
	}
}
