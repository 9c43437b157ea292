// Connections: clients that send slowly, or nothing, hold a bounded number of connections,
// and each of them for a bounded time.
package acceptance_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

func TestConnections_ofSlowClients(t *testing.T) {
	t.Parallel()
	const total = 5
	p := kit.Serve(t, kit.ProcessOptions{Env: []string{
		fmt.Sprintf("DOORCODE_HTTP_MAX_CONNECTIONS=%d", total), "DOORCODE_HTTP_READ_TIMEOUT=10s",
		"DOORCODE_HTTP_IDLE_TIMEOUT=1m",
	}})
	send := func(text string) net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		_, err = io.WriteString(conn, text)
		require.NoError(t, err)
		return conn
	}
	patient := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	get := func() {
		t.Helper()
		answer, err := patient.Get(p.URL + "/healthz")
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusOK, answer.StatusCode)
	}

	// Connections without a whole header give way at once.
	for _, begun := range []string{"", "GET /healthz", "POST /accounts/otp/request HTTP/1.1\r\nHost: x\r\n"} {
		for range total {
			send(begun)
		}
		start := time.Now()
		get()
		require.Less(t, time.Since(start), 8*time.Second, "it waited for the read timeout of others")
	}

	// Requests under way do not, until their body has been waited for. The server asks for
	// it once the request has begun.
	for range total {
		conn := send("POST /accounts/otp/request HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
			"Content-Length: 60000\r\nExpect: 100-continue\r\n\r\n")
		_, err := io.ReadFull(conn, make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n")))
		require.NoError(t, err)
	}
	impatient := &http.Client{Timeout: 200 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	_, err := impatient.Get(p.URL + "/healthz")
	require.Error(t, err, "there is room for one more")
	for range 2 * total {
		get()
	}
	require.Contains(t, p.Log.String(), "connections wait for others to end")
	exit, _ := p.Terminate(t)
	require.Zero(t, exit, p.Log)
}
