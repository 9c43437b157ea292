package smtp

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/fake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var acme = port.Mailbox{Name: "Acme", Address: "login@acme.example"}

func someMessage(t testing.TB) port.CodeMessage {
	t.Helper()
	to, err := domain.ParseEmail("ada@example.com")
	require.NoError(t, err)
	return port.CodeMessage{
		DeliveryID: "019cec37-b600-7000-8000-00000000000d", ChallengeID: "019cec37-b600-7000-8000-00000000000c",
		Channel: domain.ChannelEmail, To: to, Code: domain.NewCode("483920"), Purpose: domain.PurposeSignIn,
		ExpiresAt: fake.Noon.Add(5 * time.Minute), ExpiresIn: 5 * time.Minute,
		Compose: composes(port.MessageText{
			From: acme, Subject: "Your Acme verification code",
			Body: "Your code\n\n483920\n", HTML: "<html><body><b>483920</b></body></html>",
		}),
	}
}

func composes(text port.MessageText) func() (port.MessageText, error) {
	return func() (port.MessageText, error) { return text, nil }
}

// openSender opens the provider as the configuration does, with other roots.
func openSender(t testing.TB, cfg Config, roots *x509.CertPool) *Sender {
	t.Helper()
	if cfg.Host == "" {
		cfg.Host = "127.0.0.1"
	}
	channels, err := open(cfg, roots)
	require.NoError(t, err)
	require.Len(t, channels, 1)
	return channels[0].Sender.(*Sender)
}

func TestSender_contract(t *testing.T) {
	t.Parallel()
	contract.CodeSender(t, contract.SenderSetup{
		Channel: domain.KnownChannels[0], Secrets: []string{password},
		Open: func(t testing.TB) contract.SenderUnderTest {
			ca := newAuthority(t)
			s := startMailServer(t, ca.server(t, nil), false)
			return contract.SenderUnderTest{
				Sender:   openSender(t, Config{Port: s.port, TLS: tlsStart, Username: account, Password: password}, ca.pool()),
				Received: func() []contract.Handed { return s.handed(t) },
				Hang:     s.standStill,
				Garble:   s.babble,
				Fail:     s.refuse,
			}
		},
	})
}

// Every way in works, and by the mechanism that the server offers.
func TestSender_waysIn(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		mode       string
		mechanisms []string
		want       []string
	}{
		"STARTTLS, PLAIN":      {tlsStart, []string{"PLAIN", "LOGIN"}, []string{account + " by PLAIN"}},
		"STARTTLS, LOGIN":      {tlsStart, []string{"LOGIN"}, []string{account + " by LOGIN"}},
		"STARTTLS, no account": {tlsStart, nil, nil},
		"TLS, PLAIN":           {tlsImplicit, []string{"PLAIN"}, []string{account + " by PLAIN"}},
		"TLS, no account":      {tlsImplicit, nil, nil},
		"plain, no account":    {tlsNone, nil, nil},
		"plain on loopback":    {tlsNone, []string{"PLAIN"}, []string{account + " by PLAIN"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			config := ca.server(t, nil)
			if row.mode == tlsNone {
				config = nil
			}
			s := startMailServer(t, config, row.mode == tlsImplicit)
			s.mechanisms = row.mechanisms
			cfg := Config{Port: s.port, TLS: row.mode}
			if row.want != nil {
				cfg.Username, cfg.Password = account, password
			}
			out := openSender(t, cfg, ca.pool()).Send(t.Context(), someMessage(t))
			require.Equal(t, port.SendOutcome{
				Result: domain.SendAccepted, MessageID: "<019cec37-b600-7000-8000-00000000000d@acme.example>",
			}, out)
			require.Equal(t, row.want, s.accounts())
			require.Len(t, s.envelopes(), 1)
			require.Equal(t, "login@acme.example", s.envelopes()[0].from)
			require.Equal(t, []string{"ada@example.com"}, s.envelopes()[0].to)
		})
	}
}

func TestSender_wrongPassword(t *testing.T) {
	t.Parallel()
	const refused = "AUTH: the server answered 535 5.7.8: check smtp.username and smtp.password"
	for name, row := range map[string]struct {
		mode       string
		mechanisms []string
		want       string
	}{
		"STARTTLS, PLAIN":        {tlsStart, []string{"PLAIN"}, refused},
		"STARTTLS, LOGIN":        {tlsStart, []string{"LOGIN"}, refused},
		"STARTTLS, neither":      {tlsStart, []string{"CRAM-MD5"}, "neither PLAIN nor LOGIN"},
		"STARTTLS, none offered": {tlsStart, nil, "neither PLAIN nor LOGIN"},
		"TLS, PLAIN":             {tlsImplicit, []string{"PLAIN"}, refused},
		"TLS, LOGIN":             {tlsImplicit, []string{"LOGIN"}, refused},
		"TLS, none offered":      {tlsImplicit, nil, "neither PLAIN nor LOGIN"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			s := startMailServer(t, ca.server(t, nil), row.mode == tlsImplicit)
			s.mechanisms = row.mechanisms
			const wrong = "password-that-is-wrong"
			out := openSender(t, Config{Port: s.port, TLS: row.mode, Username: account, Password: wrong}, ca.pool()).Send(
				t.Context(), someMessage(t),
			)
			require.Equal(t, domain.SendAuthenticationFailed, out.Result, "%v", out.Err)
			require.ErrorContains(t, out.Err, row.want)
			require.NotContains(t, out.Err.Error(), wrong)
			require.Empty(t, s.accounts())
			require.Empty(t, s.envelopes())
		})
	}
}

// A server with an untrusted certificate gets neither the password nor the e-mail.
func TestSender_wrongCertificate(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		spoil func(*x509.Certificate)
		cure  string
	}{
		"for another host": {
			func(c *x509.Certificate) { c.IPAddresses = nil; c.DNSNames = []string{"mail.test"} },
			"set smtp.host to the name in its certificate",
		},
		"expired": {
			func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, "renew the certificate of the server",
		},
		"by another authority":    {nil, "to the trust store of this machine"},
		"by an unknown authority": {nil, "to the trust store of this machine"},
	} {
		for _, mode := range []string{tlsStart, tlsImplicit} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				ca := newAuthority(t)
				s := startMailServer(t, ca.server(t, row.spoil), mode == tlsImplicit)
				roots := ca.pool()
				switch name {
				case "by another authority":
					roots = newAuthority(t).pool()
				case "by an unknown authority":
					roots = nil
				}
				out := openSender(t, Config{Port: s.port, TLS: mode, Username: account, Password: password}, roots).Send(
					t.Context(), someMessage(t),
				)
				require.Equal(t, domain.SendUnreachable, out.Result, "%v", out.Err)
				require.ErrorContains(t, out.Err, "x509: ")
				require.ErrorContains(t, out.Err, row.cure)
				require.Empty(t, s.accounts())
				require.Empty(t, s.envelopes())
			})
		}
	}
}

func TestSender_wrongKindOfServer(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	plain, encrypted := startMailServer(t, nil, false), startMailServer(t, ca.server(t, nil), true)
	for _, row := range []struct {
		port int
		mode string
		want string
	}{
		{plain.port, tlsImplicit, "the server does not speak TLS there: set smtp.tls to "},
		{plain.port, tlsStart, "the server does not offer STARTTLS: set smtp.tls to "},
	} {
		out := openSender(t, Config{Port: row.port, TLS: row.mode}, ca.pool()).Send(t.Context(), someMessage(t))
		require.Equal(t, domain.SendUnreachable, out.Result)
		require.ErrorContains(t, out.Err, row.want)
	}
	quick := openSender(t, Config{Port: encrypted.port, TLS: tlsStart}, ca.pool())
	quick.submitTimeout = 50 * time.Millisecond // each waits for the other to begin
	out := quick.Send(t.Context(), someMessage(t))
	require.Equal(t, domain.SendUnreachable, out.Result)
	require.ErrorContains(t, out.Err, "the greeting: ")
	require.ErrorContains(t, out.Err, "check smtp.port and smtp.tls")
	require.Empty(t, plain.envelopes())
	require.Empty(t, encrypted.envelopes())
}

func TestSender_nobodyThere(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	gone := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())
	for _, cfg := range []Config{{Host: "127.0.0.1", Port: gone}, {Host: "doorcode.invalid", Port: 587}} {
		cfg.TLS = tlsStart
		out := openSender(t, cfg, nil).Send(t.Context(), someMessage(t))
		require.Equal(t, domain.SendUnreachable, out.Result, "%v", out.Err)
		require.ErrorContains(t, out.Err, "send e-mail: connecting: ")
	}
}

func TestSender_refusesBeforehand(t *testing.T) {
	t.Parallel()
	s := startMailServer(t, nil, false)
	sender := openSender(t, Config{Port: s.port, TLS: tlsNone}, nil)
	phone, err := domain.ParsePhone("+15550100000")
	require.NoError(t, err)
	for name, row := range map[string]struct {
		spoil func(m *port.CodeMessage)
		want  domain.SendResult
		text  string
	}{
		"a phone": {func(m *port.CodeMessage) { m.To = phone }, domain.SendUnsupported, "the recipient is a"},
		"no text": {func(m *port.CodeMessage) {
			m.Compose = func() (port.MessageText, error) { return port.MessageText{}, errors.New("no text") }
		}, domain.SendRejected, "write e-mail: no text"},
		"no sender": {
			func(m *port.CodeMessage) { m.Compose = composes(port.MessageText{Body: "483920"}) }, domain.SendRejected,
			"set email.from",
		},
		"two it is from": {func(m *port.CodeMessage) {
			m.Compose = composes(port.MessageText{From: port.Mailbox{Address: "a@b.example, c@d.example"}})
		}, domain.SendRejected, "set email.from"},
		"a line end in the sender": {func(m *port.CodeMessage) {
			m.Compose = composes(port.MessageText{From: port.Mailbox{Address: "a@b.example\r\nBcc: eve@example.com"}})
		}, domain.SendRejected, "set email.from"},
	} {
		m := someMessage(t)
		row.spoil(&m)
		out := sender.Send(t.Context(), m)
		require.Equal(t, row.want, out.Result, name)
		require.ErrorContains(t, out.Err, row.text, name)
	}
	require.Empty(t, s.envelopes())
}

// requireSecrets fails if an error contains a secret.
func requireSecrets(t testing.TB, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		shown := fmt.Sprintf("%v %+v %#v", err, err, err)
		spaced := strings.Join(strings.Split("483920", ""), " ")
		for _, secret := range []string{"483920", password, "ada@example.com", spaced} {
			require.NotContains(t, shown, secret)
		}
	}
}
