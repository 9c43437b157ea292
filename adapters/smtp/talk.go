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

// step is a moment of a conversation, as the error of a message names it.
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

// talk is one conversation about one letter.
type talk struct {
	sender *Sender
	letter letter
	conn   net.Conn
	client *dialect.Client
	body   io.WriteCloser // of the content; its end is the dot
	at     step
}

// handOver says everything but the dot that makes a message of it.
func (t *talk) handOver() error {
	for _, s := range []struct {
		at step
		do func() error
	}{
		{greeting, t.readGreeting},
		{hello, t.sayHello},
		{encryption, t.encrypt},
		{authentication, t.authenticate},
		{sender, func() error { return t.client.Mail(t.letter.from) }},
		{recipient, func() error { return t.client.Rcpt(t.letter.to) }},
		{data, t.startData},
		{content, t.writeContent},
	} {
		t.at = s.at
		if err := s.do(); err != nil {
			return err
		}
	}
	return nil
}

func (t *talk) readGreeting() (err error) {
	if t.sender.config.TLS == tlsImplicit {
		t.conn = tls.Client(t.conn, t.sender.tls)
	}
	if t.client, err = dialect.NewClient(t.conn, t.sender.config.Host); err != nil {
		return err
	}
	t.takeBareCodes()
	return nil
}

// takeBareCodes makes answers good that are nothing but a code. It is called once a
// connection: the answers that are read before, the greeting and that to the EHLO after
// STARTTLS, have to name the server.
func (t *talk) takeBareCodes() {
	t.client.Text.R = bufio.NewReader(&bareCodes{from: t.client.Text.R})
}

// sayHello names the domain that letters are from, which a server can look up; the
// name of this machine often is none.
func (t *talk) sayHello() error {
	t.client.SkipSMTPUTF8(true) // all addresses are ASCII
	return t.client.Hello(t.letter.host)
}

// encrypt never goes on without: a server that does not offer it may be somebody on
// the way who has taken the offer out.
func (t *talk) encrypt() error {
	if t.sender.config.TLS != tlsStart {
		return nil
	}
	if offered, _ := t.client.Extension("STARTTLS"); !offered {
		return errNoStartTLS
	}
	if err := t.client.StartTLS(t.sender.tls); err != nil {
		return err
	}
	t.takeBareCodes()
	return nil
}

func (t *talk) authenticate() error {
	user, password := t.sender.config.Username, t.sender.config.Password
	if user == "" {
		return nil
	}
	_, offer := t.client.Extension("AUTH")
	mechanisms := strings.Fields(strings.ToUpper(offer))
	host := t.sender.config.Host
	// The passwords may go over what is not encrypted: the configuration has seen to it
	// that this is the case only where nobody is on the way.
	switch {
	case slices.Contains(mechanisms, "PLAIN"):
		return t.client.Auth(dialect.PlainAuth("", user, password, host, true))
	case slices.Contains(mechanisms, "LOGIN"):
		return t.client.Auth(dialect.LoginAuth(user, password, host, true))
	default:
		return errNoMechanism
	}
}

func (t *talk) startData() (err error) {
	t.body, err = t.client.Data()
	return err
}

func (t *talk) writeContent() error {
	_, err := t.letter.content.WriteTo(t.body)
	return err
}

// finish writes the dot and waits for the answer. The message is gone once it is good,
// so that nobody waits for the answer to QUIT.
func (t *talk) finish() error {
	if err := t.body.Close(); err != nil {
		return err
	}
	_ = t.client.Text.PrintfLine("QUIT")
	return nil
}
