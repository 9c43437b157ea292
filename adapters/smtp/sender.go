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

// submitTimeout is the time limit up to the end of the content, before which nothing is
// sent and the next provider can be tried. The reply to the content has the deadline of
// the message.
const submitTimeout = 10 * time.Second

var _ port.CodeSender = (*Sender)(nil)

// Sender submits messages to one mail server, one connection per message. It is safe for
// concurrent use.
type Sender struct {
	config        Config
	tls           *tls.Config
	submitTimeout time.Duration
}

func newSender(cfg Config, roots *x509.CertPool) *Sender {
	return &Sender{
		config: cfg, submitTimeout: submitTimeout,
		tls: &tls.Config{ServerName: cfg.Host, RootCAs: roots, MinVersion: tls.VersionTLS12},
	}
}

// Send submits one message. The package documents its results.
func (s *Sender) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	if m.To.Kind() != domain.KindEmail {
		err := fmt.Errorf("send e-mail: the recipient is a %q", m.To.Kind())
		return port.SendOutcome{Result: domain.SendUnsupported, Err: err}
	}
	e, err := newEmail(m)
	if err != nil {
		return port.SendOutcome{Result: domain.SendRejected, Err: fmt.Errorf("write e-mail: %w", err)}
	}
	if f := s.submit(ctx, e); f != nil {
		return port.SendOutcome{Result: f.result(), Err: fmt.Errorf("send e-mail: %w", f)}
	}
	return port.SendOutcome{Result: domain.SendAccepted, MessageID: e.id}
}

// submit has one conversation with the server.
func (s *Sender) submit(ctx context.Context, e email) *failure {
	early, cancel := context.WithTimeout(ctx, s.submitTimeout)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(early, "tcp", net.JoinHostPort(s.config.Host, strconv.Itoa(s.config.Port)))
	if err != nil {
		return newFailure(early, connecting, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(early, func() { _ = conn.Close() }) // ends blocked reads and writes
	c := &session{sender: s, email: e, conn: &boundedConn{Conn: conn, left: maxReplies}}
	if err := c.sendContent(); err != nil {
		c.quit()
		stop()
		return newFailure(early, c.at, err)
	}
	if !stop() { // canceled during the last write: without the dot the message is discarded
		return newFailure(early, content, early.Err())
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	err = c.finish()
	c.quit()
	if err != nil {
		return newFailure(ctx, ending, err)
	}
	return nil
}

// maxReplies limits the bytes that a server may send, to a hundred times of the usual.
const maxReplies = 1 << 20

// boundedConn is a connection that ends after a number of received bytes.
type boundedConn struct {
	net.Conn
	left int
}

func (c *boundedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// Close does nothing: the client library would close the connection before QUIT, which submit does after it.
func (c *boundedConn) Close() error { return nil }
