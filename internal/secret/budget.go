package secret

import (
	"container/list"
	"slices"
	"time"
)

// budget counts the wrong tries of one identity or source in the window, the
// tries not settled yet, and who waits for those. The mutex of the gate guards it.
type budget struct {
	key      budgetKey
	limit    int
	failures []time.Time // oldest first
	pending  int
	line     []chan struct{}
	users    int           // callers that hold it: it is not idle
	idle     *list.Element // in the gate's idle list; nil while it is used
}

func (b *budget) prune(before time.Time) {
	n := 0
	for n < len(b.failures) && !b.failures[n].After(before) {
		n++
	}
	b.failures = slices.Delete(b.failures, 0, n)
}

func (b *budget) spent() bool { return len(b.failures) >= b.limit }

func (b *budget) full() bool { return len(b.failures)+b.pending >= b.limit }

func (b *budget) queueUp() chan struct{} {
	turn := make(chan struct{})
	b.line = append(b.line, turn)
	return turn
}

func (b *budget) giveUp(turn chan struct{}) {
	if i := slices.Index(b.line, turn); i >= 0 {
		b.line = slices.Delete(b.line, i, i+1)
	}
}

// release tells the first in line that there is room, or that there will be
// none. Whoever is told tells the next in turn, so that no turn is lost and
// nobody is woken for nothing.
func (g *Gate) release(b *budget, now time.Time) {
	if b == nil || len(b.line) == 0 {
		return
	}
	if b.prune(now.Add(-g.Window)); b.spent() || !b.full() {
		close(b.line[0])
		b.line = slices.Delete(b.line, 0, 1)
	}
}

// take finds or makes a budget and keeps it from being dropped until putBack.
func (g *Gate) take(key budgetKey, limit int) *budget {
	b := g.budgets[key]
	if b == nil {
		b = &budget{key: key, limit: limit}
		g.budgets[key] = b
	}
	if b.idle != nil {
		g.idle.Remove(b.idle)
		b.idle = nil
	}
	b.users++
	return b
}

// putBack makes a budget that nobody uses idle, and drops what is too many: the
// longest idle first, which an attacker could only bring about by paying a slow
// evaluation for each of Size other identities within a window.
func (g *Gate) putBack(b *budget) {
	b.users--
	if b.users > 0 || b.pending > 0 || len(b.line) > 0 {
		return
	}
	if len(b.failures) == 0 {
		delete(g.budgets, b.key)
		return
	}
	b.idle = g.idle.PushFront(b)
	g.sweep()
}

// sweep drops up to two idle budgets whose failures have left the window, which
// keeps pace with any rate of new ones, and all beyond Size.
func (g *Gate) sweep() {
	before := g.Now().Add(-g.Window)
	for n := 0; g.idle.Len() > 0; n++ {
		last := g.idle.Back().Value.(*budget)
		past := !last.failures[len(last.failures)-1].After(before)
		if g.idle.Len() <= g.Size && (!past || n == 2) {
			return
		}
		g.idle.Remove(last.idle)
		delete(g.budgets, last.key)
	}
}
