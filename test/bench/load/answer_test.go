package load

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const plain = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nX-Request-Id: 1\r\n\r\nhello"

func TestParse(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		text   string
		status int
		body   string
		last   bool
	}{
		"a body of a length":    {text: plain, status: 200, body: "hello"},
		"an empty body":         {text: "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", status: 503},
		"no body by its status": {text: "HTTP/1.1 204 No Content\r\n\r\n", status: 204},
		"a body in chunks":      {text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n, dear wor\r\n0\r\n\r\n", status: 200, body: "hello, dear wor"},
		"the last on a connection": {
			text:   "HTTP/1.1 400 No\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nno",
			status: 400, body: "no", last: true,
		},
		"a status without a reason": {text: "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, size, err := parse([]byte(row.text + "HTTP/1.1 2"))
			require.NoError(t, err)
			require.Equal(t, len(row.text), size, "the bytes of the answer")
			require.Equal(t, row.status, a.status)
			require.Equal(t, row.body, string(a.body))
			require.Equal(t, row.last, a.last)
			for cut := range row.text {
				_, size, err := parse([]byte(row.text[:cut]))
				require.NoError(t, err, "the first %d bytes", cut)
				require.Zero(t, size, "the first %d bytes are no answer", cut)
			}
		})
	}
}

func TestParse_refused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"not HTTP":               "SSH-2.0-x\r\n\r\n",
		"no status":              "HTTP/1.1 ABC\r\n\r\n",
		"an interim answer":      "HTTP/1.1 100 Continue\r\n\r\n",
		"no length":              "HTTP/1.1 200 OK\r\n\r\n",
		"a length of words":      "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
		"a length below nothing": "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello",
		"a length beyond all":    "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nhello",
		"a chunk of no size":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
		"a chunk beyond all":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n",
		"a header without end":   "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 4<<10),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, size, err := parse([]byte(text))
			require.Error(t, err, "%q", text[:min(len(text), 80)])
			require.Zero(t, size)
		})
	}
}
