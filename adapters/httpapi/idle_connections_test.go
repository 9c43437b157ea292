package httpapi_test

import (
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whoever holds connections for a next request that does not come keeps nobody out.
func TestLimit_idleConnectionsGiveWay(t *testing.T) {
	t.Parallel()
	const all = 4
	c := newCrowd(t, all, all)
	var hoard []net.Conn
	for range all {
		conn := c.dial("192.0.2.1:1")
		require.Equal(t, http.StatusOK, ask(conn))
		hoard = append(hoard, conn)
	}
	require.Equal(t, http.StatusOK, ask(hoard[0]), "all of them fit; the first is the last to have been used")
	for range 3 {
		require.Equal(t, http.StatusOK, ask(c.dial("192.0.2.2:1")), "somebody else gets in")
	}
	require.Zero(t, ask(hoard[1]), "the longest idle one has given way")
	require.Zero(t, ask(hoard[2]))
	require.Equal(t, http.StatusOK, ask(hoard[0]))
}

// Of connections that are all in use, the first to fall idle gives way.
func TestLimit_theNextIdleConnectionGivesWay(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 1, 1)
	busy := c.dial("192.0.2.1:1")
	begin(busy)
	answered := make(chan int, 1)
	other := c.dial("192.0.2.2:1")
	go func() { answered <- ask(other) }()
	require.Equal(t, http.StatusOK, end(busy))
	require.Equal(t, http.StatusOK, <-answered)
}
