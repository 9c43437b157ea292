package load

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// answer is one HTTP answer as far as the client looks at it.
type answer struct {
	status int
	body   []byte
	last   bool // the server closes the connection after it
}

// Limits of an answer. Those of the service are far below.
const (
	maxHeader = 16 << 10
	maxAnswer = 256 << 10
)

var (
	errHeaderTooLong = errors.New("an answer's header is longer than 16 KiB")
	errAnswerTooLong = errors.New("an answer is longer than 256 KiB")
	errNoLength      = errors.New("an answer has neither Content-Length nor chunks")
)

// parse reads the answer that buf starts with, and how many bytes it has; 0
// means that it is not complete yet. The body may point into buf.
func parse(buf []byte) (a answer, size int, err error) {
	end := bytes.Index(buf, []byte("\r\n\r\n"))
	if end < 0 {
		if len(buf) > maxHeader {
			return answer{}, 0, errHeaderTooLong
		}
		return answer{}, 0, nil
	}
	head, rest := buf[:end], buf[end+4:]
	line, fields, _ := bytes.Cut(head, []byte("\r\n"))
	if a.status, err = parseStatus(line); err != nil {
		return answer{}, 0, err
	}
	length, chunked, err := a.readFields(fields)
	switch {
	case err != nil:
		return answer{}, 0, err
	case a.status == 204 || a.status == 304:
		return a, end + 4, nil
	case chunked:
		body, n, err := parseChunks(rest)
		if err != nil || n == 0 {
			return answer{}, 0, err
		}
		a.body = body
		return a, end + 4 + n, nil
	case length < 0:
		return answer{}, 0, errNoLength
	case length > maxAnswer:
		return answer{}, 0, errAnswerTooLong
	case len(rest) < length:
		return answer{}, 0, nil
	}
	a.body = rest[:length]
	return a, end + 4 + length, nil
}

// parseStatus reads the 200 of "HTTP/1.1 200 OK".
func parseStatus(line []byte) (int, error) {
	const before, after = len("HTTP/1.1 "), len("HTTP/1.1 200")
	if len(line) < after || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return 0, fmt.Errorf("no HTTP answer: %q", line[:min(len(line), 80)])
	}
	status, err := strconv.Atoi(string(line[before:after]))
	if err != nil || status < 200 || status > 599 {
		return 0, fmt.Errorf("no status in %q", line[:min(len(line), 80)])
	}
	return status, nil
}

// readFields reads what a header says of the body (length is -1 if it does not)
// and of the connection.
func (a *answer) readFields(fields []byte) (length int, chunked bool, err error) {
	length = -1
	for len(fields) > 0 {
		var field []byte
		field, fields, _ = bytes.Cut(fields, []byte("\r\n"))
		name, value, _ := bytes.Cut(field, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			length, err = strconv.Atoi(string(bytes.TrimSpace(value)))
			if err != nil || length < 0 {
				return 0, false, fmt.Errorf("no Content-Length: %q", value)
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(bytes.TrimSpace(value), []byte("chunked"))
		case bytes.EqualFold(name, []byte("Connection")):
			a.last = bytes.EqualFold(bytes.TrimSpace(value), []byte("close"))
		}
	}
	return length, chunked, nil
}

// parseChunks joins the chunks that buf starts with (RFC 9112, 7.1) and says how
// many bytes they take; 0 means that the last one is not there yet.
func parseChunks(buf []byte) (body []byte, size int, err error) {
	for at := 0; ; {
		eol := bytes.Index(buf[at:], []byte("\r\n"))
		if eol < 0 {
			return nil, 0, nil
		}
		digits, _, _ := bytes.Cut(buf[at:at+eol], []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 31)
		if err != nil {
			return nil, 0, fmt.Errorf("no chunk size: %q", digits)
		}
		if len(body)+int(n) > maxAnswer {
			return nil, 0, errAnswerTooLong
		}
		from := at + eol + 2
		to := from + int(n)
		if len(buf) < to+2 {
			return nil, 0, nil
		}
		if n == 0 { // the service sends no trailers
			return body, to + 2, nil
		}
		body = append(body, buf[from:to]...)
		at = to + 2
	}
}
