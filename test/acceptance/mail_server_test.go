// A mail server on loopback, encrypted and with accounts as real ones are, and the
// program itself sending by it: with the certificates that the system trusts.
package acceptance_test

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

const (
	mailAccount  = "mailer"
	mailPassword = "correct horse battery staple"
)

// mailServer takes letters from its one account.
type mailServer struct {
	port string
	root string // path of the certificate that it is trusted by

	mu      sync.Mutex
	letters []string
}

// startMailServer starts one that speaks TLS from the first byte, or after STARTTLS.
func startMailServer(t *testing.T, fromTheFirstByte bool) *mailServer {
	t.Helper()
	pair := httptest.NewTLSServer(nil) // has a certificate for 127.0.0.1, signed by itself
	t.Cleanup(pair.Close)
	s := &mailServer{root: filepath.Join(t.TempDir(), "root.pem")}
	block := &pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate().Raw}
	require.NoError(t, os.WriteFile(s.root, pem.EncodeToMemory(block), 0o600))
	config := &tls.Config{Certificates: pair.TLS.Certificates}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.port = strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session,
		error,
	) {
		return &mailSession{server: s}, nil
	}))
	server.Domain, server.ErrorLog = "mail.test", silent{}
	if fromTheFirstByte {
		listener = tls.NewListener(listener, config)
	} else {
		server.TLSConfig = config
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		_ = listener.Close()
		_ = server.Close()
		serving.Wait()
	})
	return s
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

func (s *mailServer) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.letters...)
}

// mailSession is one conversation. Nothing is taken before the account is proven.
type mailSession struct {
	server *mailServer
	known  bool
}

func (m *mailSession) Reset()                   {}
func (m *mailSession) Logout() error            { return nil }
func (m *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (m *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if m.known = user == mailAccount && password == mailPassword; !m.known {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (m *mailSession) Mail(string, *smtp.MailOptions) error {
	if !m.known {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (m *mailSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (m *mailSession) Data(r io.Reader) error {
	letter, err := io.ReadAll(r)
	m.server.mu.Lock()
	defer m.server.mu.Unlock()
	m.server.letters = append(m.server.letters, string(letter))
	return err
}

func TestMailServer_theProgramSends(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		mode      string
		password  string
		untrusted bool
		code      int
		says      []string
	}{
		"STARTTLS":                {mode: "starttls", password: mailPassword, says: []string{"(accepted)"}},
		"TLS from the first byte": {mode: "tls", password: mailPassword, says: []string{"(accepted)"}},
		"STARTTLS, a wrong password": {
			mode: "starttls", password: "wrong", code: 1,
			says: []string{"(authentication_failed)", "AUTH: the server answered 535", "check smtp.username and smtp.password"},
		},
		"TLS, a wrong password": {
			mode: "tls", password: "wrong", code: 1,
			says: []string{"(authentication_failed)", "AUTH: the server answered 535", "check smtp.username and smtp.password"},
		},
		"STARTTLS, an untrusted server": {
			mode: "starttls", password: mailPassword, untrusted: true, code: 1,
			says: []string{
				"(unreachable)", "STARTTLS: ", "x509: certificate signed by unknown authority",
				"cure: add the certificate of its issuer to the trust store",
			},
		},
		"TLS, an untrusted server": {
			mode: "tls", password: mailPassword, untrusted: true, code: 1,
			says: []string{
				"(unreachable)", "the greeting: ", "x509: certificate signed by unknown authority",
				"cure: add the certificate of its issuer to the trust store",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startMailServer(t, row.mode == "tls")
			environment := []string{
				"DOORCODE_SMTP_HOST=127.0.0.1", "DOORCODE_SMTP_PORT=" + server.port, "DOORCODE_SMTP_TLS=" + row.mode,
				"DOORCODE_SMTP_USERNAME=" + mailAccount, "DOORCODE_SMTP_PASSWORD=" + row.password,
				"DOORCODE_EMAIL_FROM=login@acme.example",
			}
			if !row.untrusted {
				environment = append(environment, "SSL_CERT_FILE="+server.root)
			}
			got := kit.Run(t, kit.Binary(t), t.TempDir(), environment, "send", "test", "--to", "ada@example.com")
			require.Equal(t, row.code, got.Code, got)
			for _, text := range row.says {
				require.Contains(t, got.Out, text)
			}
			require.NotContains(t, got.Out+got.Err, mailPassword)
			if row.code != 0 {
				require.Empty(t, server.taken())
				return
			}
			require.Len(t, server.taken(), 1)
			require.Contains(t, server.taken()[0], "To: <ada@example.com>")
			require.Contains(t, server.taken()[0], "multipart/alternative")
		})
	}
}
