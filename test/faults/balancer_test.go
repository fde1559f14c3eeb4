package faults

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"syscall"
)

// balancer sends requests to the nodes in turn, as the balancer in front of an
// installation does.
type balancer struct {
	mu       sync.Mutex
	backends []*backend
	turn     int
}

type backend struct {
	node *installation
	busy sync.WaitGroup
}

// RoundTrip sends a request to the next node.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	if len(b.backends) == 0 {
		b.mu.Unlock()
		return nil, errors.New("no node is there")
	}
	b.turn++
	next := b.backends[b.turn%len(b.backends)]
	next.busy.Add(1)
	b.mu.Unlock()
	defer next.busy.Done()
	return next.node.web.Transport.RoundTrip(r)
}

// join takes in nodes that are ready.
func (b *balancer) join(nodes ...*installation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, node := range nodes {
		b.backends = append(b.backends, &backend{node: node})
	}
}

// leave takes a node out, waits for the answers to what it has, and stops it.
func (b *balancer) leave(node *installation) {
	b.mu.Lock()
	at := slices.IndexFunc(b.backends, func(one *backend) bool { return one.node == node })
	out := b.backends[at]
	b.backends = slices.Delete(b.backends, at, at+1)
	b.mu.Unlock()
	out.busy.Wait()
	node.end(syscall.SIGTERM)
}
