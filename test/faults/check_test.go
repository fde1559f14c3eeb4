package faults

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
)

// checker compares what clients were told with what the server holds now.
type checker struct {
	*load
	t      *testing.T
	trail  map[string]string   // request id -> type of its record
	grants map[string]string   // request id -> its grant
	tokens map[string][]string // grant -> requests that gave it a refresh token
}

// check looks at every family. Some it uses up on the way; the others go on,
// until they have ended and a fault after that has not brought them back.
func (l *load) check() {
	l.t.Helper()
	c := &checker{load: l, t: l.t, trail: map[string]string{}, grants: map[string]string{}, tokens: map[string][]string{}}
	for _, e := range l.audit() {
		c.trail[e.RequestID], c.grants[e.RequestID] = e.Type, e.Grant
		if e.Type == refreshed {
			c.tokens[e.Grant] = append(c.tokens[e.Grant], e.RequestID)
		}
	}
	families := make(chan *family, len(l.families))
	doubts, done := 0, 0
	for _, f := range l.families {
		families <- f
		if f.doubt != nil {
			doubts++
			if c.done(*f.doubt) {
				done++
			}
		}
	}
	close(families)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for f := range families {
				c.family(f)
			}
		})
	}
	running.Wait()
	l.t.Logf("of %d requests in doubt %d took effect", doubts, done)
	l.families = slices.DeleteFunc(l.families, func(f *family) bool { return f.rechecks > 1 })
}

func (c *checker) family(f *family) {
	c.recorded(f)
	done := f.doubt != nil && c.done(*f.doubt)
	if done {
		f.told = append(f.told, *f.doubt)
	}
	f.ended = f.ended || done && f.doubt.kind == revoked
	lost := done && f.doubt.kind == refreshed
	c.states(f, lost)
	if f.ended || f.latest == "" {
		f.rechecks++
	}
	inDoubt := f.doubt != nil
	f.doubt = nil
	switch {
	case f.latest == "":
	case f.ended:
		c.wantRefused(f, "its family has ended", append(slices.Clone(f.spent), f.latest)...)
	case lost && !f.party.grace:
		c.wantRefused(f, "it was used, though its answer was lost", f.latest)
		c.dead(f)
	case inDoubt || rand.IntN(3) == 0:
		c.usedOnce(f)
	case len(f.spent) > 1 && rand.IntN(2) == 0:
		c.wantRefused(f, "it was used", f.spent[:len(f.spent)-1]...)
		c.dead(f)
	}
}

// done reports whether a request took effect, though perhaps nobody told.
func (c *checker) done(d deed) bool { return c.trail[d.id] == d.kind }

// recorded checks the audit trail: everything that was acknowledged is in it,
// and no successor that nobody asked for.
func (c *checker) recorded(f *family) {
	known := map[string]bool{}
	for _, d := range f.told {
		known[d.id] = true
		if !c.done(d) {
			c.t.Errorf("%s was acknowledged; its audit record is %q", d.id, c.trail[d.id])
		}
	}
	if f.doubt != nil {
		known[f.doubt.id] = true
	}
	for _, id := range c.tokens[c.grants[f.told[0].id]] {
		if !known[id] {
			c.t.Errorf("%s gave out a successor that the family of %s does not know", id, f.told[0].id)
		}
	}
}

// states checks what introspection says of every token. lost means that the
// latest one was used by the request in doubt.
func (c *checker) states(f *family, lost bool) {
	for _, token := range f.access {
		c.wantActive(f, "access token", token, !f.ended)
	}
	for _, token := range f.spent {
		c.wantActive(f, "used refresh token", token, false)
	}
	if f.latest != "" {
		c.wantActive(f, "latest refresh token", f.latest, !f.ended && !lost)
	}
}

func (c *checker) wantActive(f *family, what, token string, want bool) {
	if got := c.active(c.t, f.party, token); got != want {
		c.t.Errorf("%s of the family of %s: active is %t (last requests: %v)", what, f.told[0].id, got, tail(f.told))
	}
}

// usedOnce uses the latest token twice; a client with a grace period may ask
// again until it has used the successor.
func (c *checker) usedOnce(f *family) {
	used := f.latest
	if !c.rotate(f) {
		return
	}
	if f.party.grace {
		first := f.latest
		f.latest = used
		if c.rotate(f) && f.latest != first {
			c.t.Errorf("the family of %s has two successors", f.told[0].id)
		}
		if !c.rotate(f) {
			return
		}
	}
	c.wantRefused(f, "it was used a moment ago", used)
	c.wantRefused(f, "the reuse of another has ended its family", f.latest)
	c.dead(f)
}

// rotate uses the latest token, which has to work.
func (c *checker) rotate(f *family) bool {
	d := deed{c.newID("check"), refreshed}
	a, err := c.refresh(f.party, f.latest, d.id)
	if err != nil || a.Status != http.StatusOK {
		c.t.Errorf("the latest token of the family of %s does not work: %d %q, %v (last requests: %v)",
			f.told[0].id, a.Status, a.Error, err, tail(f.told))
		f.ended = true
		return false
	}
	f.told = append(f.told, d)
	f.access, f.spent, f.latest = append(f.access, a.AccessToken), append(f.spent, f.latest), a.RefreshToken
	return true
}

func (c *checker) wantRefused(f *family, why string, tokens ...string) {
	for _, token := range tokens {
		if a, err := c.refresh(f.party, token, c.newID("check")); err != nil || !a.refused() {
			c.t.Errorf("a token of the family of %s was answered %d %q, %v, although %s (last requests: %v)",
				f.told[0].id, a.Status, a.Error, err, why, tail(f.told))
		}
	}
}

// dead notes that a family was ended by reuse, and checks that it was.
func (c *checker) dead(f *family) {
	f.ended = true
	c.wantActive(f, "access token after reuse", f.access[0], false)
	c.wantActive(f, "refresh token after reuse", f.latest, false)
}

// tail is what a report shows of a list of requests.
func tail(told []deed) []deed { return told[max(0, len(told)-3):] }
