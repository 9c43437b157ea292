package httpapi

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// idleConnections are those on which nothing is under way. Clients keep them for
// their next request, but not at the cost of others: while somebody waits for a
// connection, the longest idle one is closed, or else the next to fall idle.
type idleConnections struct {
	mu      sync.Mutex
	order   list.List // of net.Conn, the longest idle first
	places  map[net.Conn]*list.Element
	wanting bool // somebody waits
}

// note is for http.Server.ConnState.
func (i *idleConnections) note(c net.Conn, state http.ConnState) {
	i.mu.Lock()
	if place := i.places[c]; place != nil {
		i.order.Remove(place)
		delete(i.places, c)
	}
	shed := state == http.StateIdle && i.wanting
	if shed {
		i.wanting = false
	} else if state == http.StateIdle {
		if i.places == nil {
			i.places = map[net.Conn]*list.Element{}
		}
		i.places[c] = i.order.PushBack(c)
	}
	i.mu.Unlock()
	if shed {
		_ = c.Close()
	}
}

// shed closes the longest idle connection, now or as soon as there is one.
func (i *idleConnections) shed() {
	i.mu.Lock()
	longest := i.order.Front()
	i.wanting = longest == nil
	i.mu.Unlock()
	if longest != nil {
		_ = longest.Value.(net.Conn).Close() // which the server then takes note of
	}
}

// suffice says that nobody waits any more.
func (i *idleConnections) suffice() {
	i.mu.Lock()
	i.wanting = false
	i.mu.Unlock()
}
