package smtp

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a scripted server may do at a step instead of answering.
const (
	standsStill = "stand still"
	hangsUp     = "hang up"
	resets      = "reset the connection"
)

// script is a server that does one thing wrong, at one step.
type script struct {
	at     step
	does   string        // standsStill, hangsUp, resets, or what it answers
	tls    *tls.Config   // nil to offer no STARTTLS
	there  chan struct{} // gets one when a conversation comes to the step
	over   chan struct{} // closed at the end of the test
	port   int
	inject string // sent after the reply to STARTTLS
	mu     sync.Mutex
	heard  []string // the commands, before and after TLS
	secret []string // those that were encrypted
	taken  int      // dots
}

// startScript starts one on loopback. It is over when all of its conversations are.
func startScript(t testing.TB, s *script) *script {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.port = listener.Addr().(*net.TCPAddr).Port
	s.there, s.over = make(chan struct{}, 100), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				s.converse(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		close(s.over)
		all.Wait()
	})
	return s
}

// conversation is one of a script's.
type conversation struct {
	*script
	raw, conn net.Conn
	lines     *bufio.Reader
}

func (s *script) converse(conn net.Conn) {
	c := &conversation{script: s, raw: conn, conn: conn, lines: bufio.NewReader(conn)}
	if !c.answer(greeting, "220 mail.test ESMTP") {
		return
	}
	for {
		line, err := c.lines.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		c.note(line)
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		if !c.obey(verb) {
			return
		}
	}
}

func (c *conversation) obey(verb string) bool {
	switch verb {
	case "EHLO":
		return c.answer(hello, "250-mail.test\r\n"+c.startTLS()+"250 AUTH PLAIN LOGIN")
	case "HELO":
		return c.answer(hello, "250 mail.test")
	case "STARTTLS":
		ok := c.answer(encryption, strings.TrimSuffix("220 go ahead\r\n"+c.inject, "\r\n"))
		return ok && (c.refuses(encryption, "220") || c.encrypt())
	case "AUTH":
		return c.answer(authentication, "235 2.7.0 welcome")
	case "MAIL":
		return c.answer(sender, "250 2.1.0 yes")
	case "RCPT":
		return c.answer(recipient, "250 2.1.5 yes")
	case "DATA":
		return c.answer(data, "354 go ahead") && (c.refuses(data, "354") || c.readContent())
	case "QUIT":
		c.write("221 bye")
		return false
	default:
		return c.write("250 fine")
	}
}

func (c *conversation) startTLS() string {
	if c.tls == nil || c.conn != c.raw {
		return ""
	}
	return "250-STARTTLS\r\n"
}

func (c *conversation) note(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = append(c.heard, line)
	if c.conn != c.raw {
		c.secret = append(c.secret, line)
	}
}

func (c *conversation) encrypt() bool {
	conn := tls.Server(c.conn, c.tls)
	c.conn, c.lines = conn, bufio.NewReader(conn)
	return conn.Handshake() == nil
}

func (c *conversation) readContent() bool {
	if c.at == content {
		return c.misbehave()
	}
	for {
		line, err := c.lines.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
	}
	c.mu.Lock()
	c.taken++
	c.mu.Unlock()
	return c.answer(ending, "250 2.0.0 taken")
}

func (c *conversation) answer(at step, good string) bool {
	if c.at != at {
		return c.write(good)
	}
	return c.misbehave()
}

// refuses reports whether the reply at a step is another one than the client waits for.
func (c *conversation) refuses(at step, good string) bool {
	return c.at == at && !strings.HasPrefix(c.does, good)
}

// misbehave executes the script. A conversation continues after a reply, until QUIT.
func (c *conversation) misbehave() bool {
	c.there <- struct{}{}
	switch c.does {
	case standsStill:
		if c.at == content { // what comes is not even taken off the line
			<-c.over
			return false
		}
		_, _ = io.Copy(io.Discard, c.raw)
		return false
	case hangsUp:
		return false
	case resets:
		_ = c.raw.(*net.TCPConn).SetLinger(0)
		return false
	default:
		return c.write(c.does)
	}
}

func (c *conversation) write(line string) bool {
	_, err := c.conn.Write([]byte(line + "\r\n"))
	return err == nil
}

func (s *script) commands() (heard, encrypted []string, taken int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.heard...), append([]string(nil), s.secret...), s.taken
}
