package smtp

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"slices"
	"strings"

	dialect "github.com/wneessen/go-mail/smtp"
)

// step is a step of a conversation, as errors name it.
type step string

// The steps, in order.
const (
	connecting     step = "connecting"
	greeting       step = "the greeting"
	hello          step = "EHLO"
	encryption     step = "STARTTLS"
	authentication step = "AUTH"
	sender         step = "MAIL"
	recipient      step = "RCPT"
	data           step = "DATA"
	content        step = "the content"
	ending         step = "the end of the content"
)

// session is one connection that submits one e-mail.
type session struct {
	sender *Sender
	email  email
	conn   net.Conn
	client *dialect.Client
	body   io.WriteCloser // content; Close writes the dot
	at     step
}

// sendContent executes all steps up to the content, without the final dot.
func (c *session) sendContent() error {
	for _, s := range []struct {
		at step
		do func() error
	}{
		{greeting, c.readGreeting},
		{hello, c.sendHello},
		{encryption, c.encrypt},
		{authentication, c.authenticate},
		{sender, func() error { return c.client.Mail(c.email.from) }},
		{recipient, func() error { return c.client.Rcpt(c.email.to) }},
		{data, c.startData},
		{content, c.writeContent},
	} {
		c.at = s.at
		if err := s.do(); err != nil {
			return err
		}
	}
	return nil
}

func (c *session) readGreeting() (err error) {
	if c.sender.config.TLS == tlsImplicit {
		c.conn = &boundedConn{Conn: tls.Client(c.conn, c.sender.tls), left: maxReplies}
	}
	if c.client, err = dialect.NewClient(c.conn, c.sender.config.Host); err != nil {
		return err
	}
	c.acceptBareCodes()
	return nil
}

// acceptBareCodes makes the client accept replies of a code without text. Replies before
// the call, the greeting and the one to EHLO after STARTTLS, must have a text anyway.
func (c *session) acceptBareCodes() {
	c.client.Text.R = bufio.NewReader(&bareCodes{from: c.client.Text.R})
}

// sendHello sends EHLO with the domain of the sender, which a server can resolve, unlike
// many host names.
func (c *session) sendHello() error {
	c.client.SkipSMTPUTF8(true) // all addresses are ASCII
	return c.client.Hello(c.email.host)
}

// encrypt fails if the server does not offer STARTTLS: an attacker may have removed the
// offer.
func (c *session) encrypt() error {
	if c.sender.config.TLS != tlsStart {
		return nil
	}
	if offered, _ := c.client.Extension("STARTTLS"); !offered {
		return errNoStartTLS
	}
	if err := c.client.StartTLS(c.sender.tls); err != nil {
		return err
	}
	c.acceptBareCodes()
	return nil
}

func (c *session) authenticate() error {
	user, password := c.sender.config.Username, c.sender.config.Password
	if user == "" {
		return nil
	}
	_, offer := c.client.Extension("AUTH")
	mechanisms := strings.Fields(strings.ToUpper(offer))
	host := c.sender.config.Host
	// The last argument allows plain text: Config.check permits that on loopback only.
	switch {
	case slices.Contains(mechanisms, "PLAIN"):
		return c.client.Auth(dialect.PlainAuth("", user, password, host, true))
	case slices.Contains(mechanisms, "LOGIN"):
		return c.client.Auth(dialect.LoginAuth(user, password, host, true))
	default:
		return errNoMechanism
	}
}

func (c *session) startData() (err error) {
	c.body, err = c.client.Data()
	return err
}

func (c *session) writeContent() error {
	_, err := c.email.content.WriteTo(c.body)
	return err
}

// finish writes the dot and waits for the reply.
func (c *session) finish() error {
	c.at = ending
	return c.body.Close()
}

// quit sends QUIT, which RFC 5321, 4.1.1.10 requires after a refusal too: servers log a connection that ends without
// it as lost. It does not wait for the reply, for the next provider may be waiting. Within the content it does nothing.
func (c *session) quit() {
	switch {
	case c.at == content:
	case c.client == nil:
		_, _ = io.WriteString(c.conn, "QUIT\r\n")
	default:
		_ = c.client.Text.PrintfLine("QUIT")
	}
}

// bareCodes adds a space after a reply code without text ("250"), which the client
// library requires and RFC 5321, 4.2 makes optional.
type bareCodes struct {
	from   *bufio.Reader
	column int // of the digits that start the line
}

const codeLength = 3 // digits

// Read reads at least one byte, and then the buffered ones without blocking.
func (b *bareCodes) Read(p []byte) (n int, err error) {
	for n < len(p) && (n == 0 || b.from.Buffered() > 0) {
		c, err := b.from.ReadByte()
		if err != nil {
			return n, err
		}
		switch {
		case b.column == codeLength && (c == '\r' || c == '\n'):
			_ = b.from.UnreadByte() // succeeds after ReadByte
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
