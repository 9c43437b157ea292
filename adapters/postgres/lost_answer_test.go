package postgres

import (
	"net"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// wire passes everything between clients and a server, until it is to be cut:
// then the next request still arrives, and its answer is lost.
type wire struct {
	listener net.Listener
	server   string
	cut      atomic.Bool
	cuts     atomic.Int32
}

// newWire leads to the server of a URL, and returns the URL that leads through it.
func newWire(t *testing.T, address string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	w := &wire{server: u.Host}
	w.listener, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.listener.Close() })
	go w.serve()
	u.Host = w.listener.Addr().String()
	return w, u.String()
}

func (w *wire) serve() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", w.server)
		if err != nil {
			_ = client.Close()
			return
		}
		var lost atomic.Bool
		go w.pass(client, server, func() { lost.Store(w.cut.Swap(false)) })
		go w.pass(server, client, func() {
			if lost.Load() {
				w.cuts.Add(1)
				_ = client.Close()
			}
		})
	}
}

func (w *wire) pass(from, to net.Conn, before func()) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		before()
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func TestStatement_whoseAnswerIsLost_isNotSentTwice(t *testing.T) {
	t.Parallel()
	w, address := newWire(t, migrated(t))
	db, closeDB, err := Open(t.Context(), Config{URL: address, MaxConnections: 1})
	require.NoError(t, err)
	t.Cleanup(closeDB)
	o := &outage{DB: db}
	issued, err := o.OTPSecrets().Issue(t.Context(), o.ask(t, "ada@example.com"))
	require.NoError(t, err)
	id := issued.Secret.ChallengeID
	guess := func(id domain.ChallengeID) error {
		_, _, err := o.OTPSecrets().CountWrong(t.Context(), id, fake.Noon)
		return err
	}
	attempts := func() int {
		stored, found, err := o.OTPSecrets().Find(t.Context(), port.OTPQuery{ChallengeID: id})
		require.NoError(t, err)
		require.True(t, found)
		return stored.Attempts
	}
	for n := range 4 {
		require.NoError(t, guess(domain.ChallengeID(o.random.UUID(fake.Noon))), "of a stranger; prepares the statement")
		w.cut.Store(true)
		require.ErrorIs(t, guess(id), domain.ErrUnavailable)
		require.EqualValues(t, 2*n+1, w.cuts.Load())
		require.Equal(t, 2*n+1, attempts(), "it was sent twice")

		// What was lost now is that the statement is prepared: nothing has happened, and the pool tries again.
		w.cut.Store(true)
		require.NoError(t, guess(id))
		require.EqualValues(t, 2*n+2, w.cuts.Load())
		require.Equal(t, 2*n+2, attempts())
	}
}
