// Connections: clients who send slowly, or nothing, hold a bounded number of places,
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
	const places = 5
	p := kit.Serve(t, kit.ProcessOptions{Env: []string{
		fmt.Sprintf("DOORCODE_HTTP_MAX_CONNECTIONS=%d", places), "DOORCODE_HTTP_READ_TIMEOUT=2s", "DOORCODE_HTTP_IDLE_TIMEOUT=1s",
	}})
	for i, begun := range []string{
		"", "GET /healthz", "POST /accounts/otp/request HTTP/1.1\r\nHost: x\r\n",
		"POST /accounts/otp/request HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{",
		"", "GET ", "", "", "", "", // wait for a place
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
		require.NoError(t, err, "connection %d", i)
		defer conn.Close()
		_, err = io.WriteString(conn, begun)
		require.NoError(t, err)
	}
	impatient := &http.Client{Timeout: 200 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	_, err := impatient.Get(p.URL + "/healthz")
	require.Error(t, err, "there is a place for everybody")

	patient := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for range 2 * places {
		answer, err := patient.Get(p.URL + "/healthz")
		require.NoError(t, err, "the places did not come back")
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusOK, answer.StatusCode)
	}
	require.Contains(t, p.Log.String(), "connections wait for others to end")
	exit, _ := p.Terminate(t)
	require.Zero(t, exit, p.Log)
}
