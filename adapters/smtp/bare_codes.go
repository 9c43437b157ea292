package smtp

import "bufio"

// bareCodes writes the space behind a code that has no text ("250"), without which the
// client library takes the answer for none. RFC 5321, 4.2 lets a server leave it out
// wherever it has to say nothing more than the code.
type bareCodes struct {
	from   *bufio.Reader
	column int // in the line, as long as there are only digits in it
}

// codeLength is how many digits a code has; a column behind it is of no interest.
const codeLength = 3

// Read reads at least one byte, and no more than there is without waiting for the server.
func (b *bareCodes) Read(p []byte) (n int, err error) {
	for n < len(p) && (n == 0 || b.from.Buffered() > 0) {
		c, err := b.from.ReadByte()
		if err != nil {
			return n, err
		}
		switch {
		case b.column == codeLength && (c == '\r' || c == '\n'):
			_ = b.from.UnreadByte() // which was just read
			b.column, c = codeLength+1, ' '
		case c == '\n':
			b.column = 0
		case b.column < codeLength && '0' <= c && c <= '9':
			b.column++
		default:
			b.column = codeLength + 1
		}
		p[n] = c
		n++
	}
	return n, nil
}
