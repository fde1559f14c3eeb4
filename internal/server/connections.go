package server

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// connections bounds how many connections are open, and with them the memory that
// they take. A new one beyond that takes the place of one without a request, so that
// nobody keeps others out by doing nothing; where there is none, it is closed.
type connections struct {
	most    int
	refused atomic.Int64

	mu   sync.Mutex
	open map[net.Conn]bool // true: it has no request under way, or none yet
}

func newConnections(most int) *connections {
	return &connections{most: most, open: map[net.Conn]bool{}}
}

// changed is http.Server.ConnState.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if closing := c.admit(conn); closing != nil {
			c.refused.Add(1)
			_ = closing.Close()
		}
	case http.StateActive, http.StateIdle:
		c.mu.Lock()
		if _, known := c.open[conn]; known {
			c.open[conn] = state == http.StateIdle
		}
		c.mu.Unlock()
	case http.StateClosed, http.StateHijacked:
		c.mu.Lock()
		delete(c.open, conn)
		c.mu.Unlock()
	}
}

// admit notes a new connection, and returns the one to close for it, if any.
func (c *connections) admit(conn net.Conn) (closing net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.open) < c.most {
		c.open[conn] = true
		return nil
	}
	for other, idle := range c.open { // any of them: a map has no order
		if idle {
			delete(c.open, other)
			c.open[conn] = true
			return other
		}
	}
	return conn
}

func (c *connections) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}
