package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// handOver is how long a server may take until it has the content of a message.
// Up to then nothing is sent, so that the next provider can still be tried; the answer
// to the content is waited for as long as the message has time.
const handOver = 10 * time.Second

var _ port.CodeSender = (*Sender)(nil)

// Sender hands messages to one mail server, each over a connection of its own. It is
// safe for concurrent use.
type Sender struct {
	config   Config
	tls      *tls.Config
	handOver time.Duration
}

func newSender(cfg Config, roots *x509.CertPool) *Sender {
	return &Sender{
		config: cfg, handOver: handOver,
		tls: &tls.Config{ServerName: cfg.Host, RootCAs: roots, MinVersion: tls.VersionTLS12},
	}
}

// Send hands one message over. See the package for what its results mean.
func (s *Sender) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	if m.To.Kind() != domain.KindEmail {
		return port.SendOutcome{Result: domain.SendUnsupported, Err: fmt.Errorf("send e-mail: the recipient is a %q", m.To.Kind())}
	}
	l, err := writeLetter(m)
	if err != nil {
		return port.SendOutcome{Result: domain.SendRejected, Err: fmt.Errorf("write e-mail: %w", err)}
	}
	if f := s.deliver(ctx, l); f != nil {
		return port.SendOutcome{Result: f.result(), Err: fmt.Errorf("send e-mail: %w", f)}
	}
	return port.SendOutcome{Result: domain.SendAccepted, MessageID: l.id}
}

// deliver has one conversation with the server.
func (s *Sender) deliver(ctx context.Context, l letter) *failure {
	early, cancel := context.WithTimeout(ctx, s.handOver)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(early, "tcp", net.JoinHostPort(s.config.Host, strconv.Itoa(s.config.Port)))
	if err != nil {
		return newFailure(early, connecting, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(early, func() { _ = conn.Close() }) // wakes whoever waits for the server
	t := &talk{sender: s, letter: l, conn: &cappedConn{Conn: conn, left: maxAnswers}}
	if err := t.handOver(); err != nil {
		stop()
		return newFailure(early, t.at, err)
	}
	if !stop() { // called off while the last line was on its way: without the dot it is no message
		return newFailure(early, content, early.Err())
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := t.finish(); err != nil {
		return newFailure(ctx, ending, err)
	}
	return nil
}

// maxAnswers is how much a server may say in one conversation: a hundred times of what
// it has to.
const maxAnswers = 1 << 20

// cappedConn is a connection that ends when too much has come over it.
type cappedConn struct {
	net.Conn
	left int
}

func (c *cappedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
