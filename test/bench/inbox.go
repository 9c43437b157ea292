package main

import (
	"bytes"
	"errors"
	"fmt"
	"syscall"
)

// letter is a code that was sent.
type letter struct{ challenge, code string }

// inbox reads what the console sender writes, from a named pipe: of all ways to
// learn the codes the one that costs least. The server writes a line before it
// answers, as it always does with console.file; nothing is asked of the
// database.
type inbox struct {
	fd      int
	buf     []byte // what was read and not yet understood
	letters map[string]letter
}

// pipeRoom is the size of the pipe: the letters of more requests than are ever
// under way, so that the server never waits for the reader.
const pipeRoom = 1 << 20

// newInbox makes the pipe and opens it. It stays open for writing too, so that
// the end of a server is not the end of the pipe.
func newInbox(path string) (*inbox, error) {
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return nil, fmt.Errorf("make the pipe %s: %w", path, err)
	}
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open the pipe %s: %w", path, err)
	}
	if err := widenPipe(fd, pipeRoom); err != nil {
		return nil, errors.Join(fmt.Errorf("widen the pipe %s: %w", path, err), syscall.Close(fd))
	}
	return &inbox{fd: fd, letters: map[string]letter{}}, nil
}

func (in *inbox) close() error { return syscall.Close(in.fd) }

// take returns the letter to a recipient, once. It is there when the request for
// the code has been answered.
func (in *inbox) take(to string) (letter, error) {
	if err := in.read(); err != nil {
		return letter{}, err
	}
	l, ok := in.letters[to]
	if !ok {
		return letter{}, fmt.Errorf("no code has come for %s", to)
	}
	delete(in.letters, to)
	return l, nil
}

// read reads all that is in the pipe.
func (in *inbox) read() error {
	const step = 256 << 10
	for {
		if cap(in.buf)-len(in.buf) < step {
			in.buf = append(make([]byte, 0, len(in.buf)+2*step), in.buf...)
		}
		n, err := syscall.Read(in.fd, in.buf[len(in.buf):cap(in.buf)])
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return nil
		case err != nil:
			return fmt.Errorf("read the codes: %w", err)
		}
		in.buf = in.buf[:len(in.buf)+n]
		if err := in.sort(); err != nil {
			return err
		}
		if n < step { // more would cost another call to learn that there is none
			return nil
		}
	}
}

// sort files the lines that are complete.
func (in *inbox) sort() error {
	rest := in.buf
	for {
		line, after, complete := bytes.Cut(rest, []byte("\n"))
		if !complete {
			in.buf = append(in.buf[:0], rest...)
			return nil
		}
		to, l, err := readLetter(line)
		if err != nil {
			return err
		}
		in.letters[to] = l
		rest = after
	}
}

// readLetter finds three members of a line of console.file. Decoding the whole
// line, texts and HTML, would take longer than the client takes for a request.
// No text can look like a member: quotes in it are escaped.
func readLetter(line []byte) (to string, l letter, err error) {
	for _, m := range []struct {
		name  string
		value *string
	}{{`"to":"`, &to}, {`"code":"`, &l.code}, {`"challenge_id":"`, &l.challenge}} {
		_, rest, found := bytes.Cut(line, []byte(m.name))
		value, _, closed := bytes.Cut(rest, []byte(`"`))
		if !found || !closed || len(value) == 0 {
			return "", letter{}, fmt.Errorf("no %s in the message %q", m.name, line[:min(len(line), 200)])
		}
		*m.value = string(value)
	}
	return to, l, nil
}
