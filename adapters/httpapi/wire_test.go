package httpapi_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What net/http refuses before there is a request, it answers itself: in plain text,
// with its own statuses, and without a way for us to choose others. The answers tell
// nothing about the server, the connection is closed, and no handler has run. 501 and
// 505 are what RFC 9112 (6.1) and RFC 9110 (15.6.6) want for what they are about: the
// transport, not the content.
func TestWire_whatIsNoRequest(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for name, row := range map[string]struct {
		sent   string
		status int
	}{
		"a transfer encoding that is none": {
			"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
			http.StatusNotImplemented,
		},
		"a version of HTTP that is none": {"GET /healthz HTTP/7.3\r\nHost: x\r\n\r\n", http.StatusHTTPVersionNotSupported},
		"no HTTP":                        {"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", http.StatusBadRequest},
		"no Host":                        {"GET /healthz HTTP/1.1\r\n\r\n", http.StatusBadRequest},
		"two lengths": {"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: " +
			"2\r\n\r\n", http.StatusBadRequest},
		"a header that is none": {"GET /healthz HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n", http.StatusBadRequest},
		"a header that is too large": {"GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", 32<<10) +
			"\r\n\r\n", http.StatusRequestHeaderFieldsTooLarge},
		"an unknown expectation": {
			"GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n",
			http.StatusExpectationFailed,
		},
	} {
		response, body := w.overTheWire(row.sent)
		require.Equal(t, row.status, response.StatusCode, name)
		require.True(t, response.Close, name)
		require.Empty(t, response.Header.Get("Server"), name)
		require.Less(t, len(body), 100, name)
		require.NotContains(t, strings.ToLower(body), "go", name)
	}
	require.Empty(t, w.logs.find("request"), "a handler has run")
}

// Every request is answered by the API itself.
func TestWire_optionsOfTheWholeServer(t *testing.T) {
	t.Parallel()
	w := setup(t)
	response, body := w.overTheWire("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	require.Equal(t, http.StatusNotFound, response.StatusCode)
	require.Equal(t, "application/problem+json", response.Header.Get("Content-Type"))
	require.Contains(t, body, `"code":"not_found"`)
	require.Equal(t, "unknown", w.access(1)["route"])
}

// overTheWire sends bytes as they are and reads the answer.
func (w *world) overTheWire(sent string) (*http.Response, string) {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
	require.NoError(w.t, err)
	defer conn.Close()
	require.NoError(w.t, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(conn, sent)
	require.NoError(w.t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(w.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	return response, string(body)
}
