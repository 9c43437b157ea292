package pgtest

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCluster_Pause(t *testing.T) {
	t.Parallel()
	c := OwnCluster(t, Options{})
	db := open(t, c.URL("postgres"))
	require.NoError(t, db.PingContext(t.Context()))

	require.NoError(t, c.Pause())

	answer := make(chan error, 1)
	go func() {
		var value int
		answer <- db.QueryRow("SELECT 1").Scan(&value)
	}()
	newcomer := dial(t, c)
	require.ErrorIs(t, readByte(newcomer, 300*time.Millisecond), os.ErrDeadlineExceeded, "a new connection is answered")
	select {
	case err := <-answer:
		t.Fatalf("an open connection is answered: %v", err)
	default:
	}

	require.NoError(t, c.Resume())

	require.NoError(t, readByte(newcomer, stopTimeout))
	require.NoError(t, <-answer)
	require.NoError(t, c.Resume(), "resuming twice does nothing")
}

func TestCluster_Kill(t *testing.T) {
	t.Parallel()
	c := OwnCluster(t, Options{Fsync: true})
	address := c.URL("postgres")
	db := open(t, address)
	execute(t, db, "CREATE TABLE kept (n int)")
	execute(t, db, "INSERT INTO kept VALUES (1)")
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), "INSERT INTO kept VALUES (2)")
	require.NoError(t, err)

	require.NoError(t, c.Kill())

	_, err = net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)))
	require.Error(t, err, "nobody listens")
	require.ErrorIs(t, c.Kill(), errNotRunning)
	require.ErrorIs(t, c.Pause(), errNotRunning)
	require.Error(t, tx.Commit())

	require.NoError(t, c.Restart())

	require.Equal(t, address, c.URL("postgres"))
	require.Equal(t, "1", one(t, open(t, address), "SELECT string_agg(n::text, ',') FROM kept"))
}

func TestCluster_Restart(t *testing.T) {
	t.Parallel()
	c := OwnCluster(t, Options{})
	db := open(t, c.URL("postgres"))
	const started = "SELECT pg_postmaster_start_time()"
	before := one(t, db, started)

	require.NoError(t, c.Restart(), "of a running server")
	require.NoError(t, db.Close(), "its connections are of the old server")
	between := one(t, open(t, c.URL("postgres")), started)
	require.NotEqual(t, before, between)

	require.NoError(t, c.Pause())
	require.NoError(t, c.Kill(), "of a paused server")
	squatter, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)))
	require.NoError(t, err)
	restarted := make(chan error, 1)
	go func() { restarted <- c.Restart() }()
	eventually(t, func() bool {
		return strings.Contains(tail(filepath.Join(c.dir, "server.log")), "Address already in use")
	}, "the server did not find its port taken")
	require.NoError(t, squatter.Close())
	require.NoError(t, <-restarted, "it waits for its port")
	require.NotEqual(t, between, one(t, open(t, c.URL("postgres")), started))
}

func TestLaunchOnFreePort(t *testing.T) {
	t.Parallel()
	c := OwnCluster(t, Options{})
	require.NoError(t, c.Kill())
	squatter, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)))
	require.NoError(t, err)
	defer squatter.Close()
	taken, free := c.port, pickPort()
	picks := []int{taken, taken, free}

	require.NoError(t, c.launchOnFreePort(func() int {
		port := picks[0]
		picks = picks[1:]
		return port
	}))
	require.Equal(t, free, c.port)
	require.Equal(t, "1", one(t, open(t, c.URL("postgres")), "SELECT 1"))

	require.NoError(t, c.Kill())
	require.ErrorIs(t, c.launchOnFreePort(func() int { return taken }), errPortTaken, "it does not try for ever")
}

// dial opens a connection to the server and asks whether it speaks TLS, which the
// server answers with one byte.
func dial(t *testing.T, c *Cluster) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	_, err = conn.Write([]byte{0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f})
	require.NoError(t, err)
	return conn
}

func readByte(conn net.Conn, within time.Duration) error {
	if err := conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	_, err := conn.Read(make([]byte, 1))
	return err
}
