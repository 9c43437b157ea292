package smtp

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	server "github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/contract"
)

const (
	account  = "mailer@acme.example"
	password = "correct horse battery staple"
)

// mailServer is a mail server that accepts all messages by default.
type mailServer struct {
	mu         sync.Mutex
	received   []envelope
	mechanisms []string
	fail       bool
	garble     bool
	hang       chan struct{} // open while it blocks after the content
	port       int
	signedIn   []string // as which account, by which mechanism
}

// envelope is a message as the server got it.
type envelope struct {
	from string
	to   []string
	raw  string
}

// startMailServer starts one on loopback: with STARTTLS, or TLS from the first byte.
func startMailServer(t testing.TB, config *tls.Config, implicit bool) *mailServer {
	s := &mailServer{mechanisms: []string{"PLAIN", "LOGIN"}}
	srv := server.NewServer(s)
	srv.Domain = "mail.test"
	srv.AllowInsecureAuth = config == nil
	srv.ErrorLog = silent{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.port = listener.Addr().(*net.TCPAddr).Port
	if implicit {
		listener = tls.NewListener(listener, config)
	} else {
		srv.TLSConfig = config
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = srv.Serve(listener) })
	t.Cleanup(func() {
		s.goOn()
		_ = listener.Close() // Serve may not have begun, and then Close knows nothing of it
		_ = srv.Close()
		serving.Wait()
	})
	return s
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

func (s *mailServer) NewSession(conn *server.Conn) (server.Session, error) {
	return &mailSession{server: s, conn: conn}, nil
}

func (s *mailServer) standStill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hang = make(chan struct{})
}

func (s *mailServer) goOn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hang != nil {
		close(s.hang)
		s.hang = nil
	}
}

func (s *mailServer) refuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = true
}

// babble accepts messages, sends garbage for a reply, and disconnects.
func (s *mailServer) babble() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.garble = true
}

func (s *mailServer) envelopes() []envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]envelope(nil), s.received...)
}

func (s *mailServer) accounts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.signedIn...)
}

// handed is the received messages for the contract suite.
func (s *mailServer) handed(t testing.TB) (list []contract.Handed) {
	for _, e := range s.envelopes() {
		list = append(list, contract.Handed{To: e.to, Text: strings.Join(e.parts(t), "\n")})
	}
	return list
}

// parts are the texts of a message, decoded.
func (e envelope) parts(t testing.TB) (texts []string) {
	m, err := netmail.ReadMessage(strings.NewReader(e.raw))
	require.NoError(t, err)
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/alternative", kind)
	reader := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := reader.NextPart() // decodes quoted-printable
		if errors.Is(err, io.EOF) {
			return texts
		}
		require.NoError(t, err)
		text, err := io.ReadAll(part)
		require.NoError(t, err)
		texts = append(texts, strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
}

type mailSession struct {
	server *mailServer
	conn   *server.Conn
	envelope
}

func (m *mailSession) Reset()        { m.envelope = envelope{} }
func (m *mailSession) Logout() error { return nil }

func (m *mailSession) Mail(from string, _ *server.MailOptions) error {
	m.from = from
	return nil
}

func (m *mailSession) Rcpt(to string, _ *server.RcptOptions) error {
	m.to = append(m.to, to)
	return nil
}

func (m *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m.raw = string(raw)
	m.server.mu.Lock()
	hang, fail, garble := m.server.hang, m.server.fail, m.server.garble
	if !fail {
		m.server.received = append(m.server.received, m.envelope)
	}
	m.server.mu.Unlock()
	if hang != nil {
		<-hang
	}
	if garble {
		line := m.conn.Conn()
		_, _ = line.Write(append(raw, "\r\n"...))
		return line.Close()
	}
	if fail {
		plain, _ := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(raw)))
		return &server.SMTPError{
			Code:         554,
			EnhancedCode: server.EnhancedCode{5, 7, 1},
			Message:      fmt.Sprintf("not this: %q", plain),
		}
	}
	return nil
}

func (m *mailSession) AuthMechanisms() []string { return m.server.mechanisms }

func (m *mailSession) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, pass string) error {
		if user != account || pass != password {
			return server.ErrAuthFailed
		}
		m.server.mu.Lock()
		defer m.server.mu.Unlock()
		m.server.signedIn = append(m.server.signedIn, user+" by "+mechanism)
		return nil
	}
	switch mechanism {
	case "PLAIN":
		return sasl.NewPlainServer(func(_, user, pass string) error { return check(user, pass) }), nil
	case "LOGIN":
		return &loginServer{check: check}, nil
	default:
		return nil, server.ErrAuthUnknownMechanism
	}
}

// loginServer asks for the name, then for the password.
type loginServer struct {
	check   func(user, pass string) error
	replies []string
}

func (l *loginServer) Next(response []byte) ([]byte, bool, error) {
	if response != nil {
		l.replies = append(l.replies, string(response))
	}
	switch len(l.replies) {
	case 0:
		return []byte("Username:"), false, nil
	case 1:
		return []byte("Password:"), false, nil
	default:
		return nil, true, l.check(l.replies[0], l.replies[1])
	}
}
