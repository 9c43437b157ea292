package command

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// saying is a server on this machine that says one thing to each connection, and then
// listens until they are gone.
func saying(t *testing.T, text string) (port string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.WriteString(conn, text)
				_, _ = io.Copy(io.Discard, conn)
			}()
		}
	}()
	t.Cleanup(func() { _ = listener.Close() })
	return portOf(t, listener.Addr().String())
}

func portOf(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	return port
}

// Where a mail server is there, but is not what the configuration says, the cure is not
// to look for it.
func TestSendTest_wrongMailServer(t *testing.T) {
	t.Parallel()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler()) // its certificate is enough
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	for name, row := range map[string]struct {
		port, tls  string
		says, cure string
	}{
		"an untrusted certificate": {
			portOf(t, untrusted.Listener.Addr().String()), "tls", "x509: ",
			"add the certificate of its issuer to the trust store of this machine",
		},
		"no TLS": {
			saying(t, "220 mail.test\r\n"), "tls", "the server does not speak TLS there\n",
			"set smtp.tls to ",
		},
		"another protocol": {
			saying(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), "starttls", "not one of SMTP or TLS\n",
			"check smtp.host, smtp.port and smtp.tls",
		},
		"no server": {closedPort(t), "starttls", "connecting: ", "look whether its address is right"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, errs, code := inProcess(t, &program{}, map[string]string{
				"smtp.host": "127.0.0.1", "smtp.port": row.port, "smtp.tls": row.tls, "environment": "testing",
			}, "send", "test", "--to", "ada@example.com")
			require.Equal(t, 1, code)
			require.Equal(t, "doorcode: the message was not sent\n", errs)
			said, cure, found := strings.Cut(out, "\n        cure: ")
			require.True(t, found, out)
			require.Contains(t, said+"\n", row.says)
			require.Contains(t, cure, row.cure)
			require.Equal(t, 1, strings.Count(out, row.cure), "said once: %s", out)
		})
	}
}

// closedPort is one without a listener.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return portOf(t, listener.Addr().String())
}
