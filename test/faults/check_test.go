package faults

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
)

// check uses every family in every way that it may, and in those that it may not,
// and has all answers since the first judged. Some families it uses up on the way;
// the others go on, until they have ended and a fault after that has not brought
// them back.
func (l *load) check() {
	l.t.Helper()
	families := make(chan *family, len(l.families))
	for _, f := range l.families {
		families <- f
	}
	close(families)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for f := range families {
				l.probe(f)
			}
		})
	}
	running.Wait()
	l.judge()
	l.families = slices.DeleteFunc(l.families, func(f *family) bool { return f.rechecks > 1 })
}

// probe looks at every token of a family, and tries some.
func (l *load) probe(f *family) {
	l.looks(f.party, f.access...)
	l.looks(f.party, f.spent...)
	if f.ended || f.latest == "" {
		f.rechecks++
	}
	inDoubt := f.doubt
	f.doubt = false
	if f.latest == "" {
		return
	}
	l.looks(f.party, f.latest)
	switch {
	case f.ended:
		l.present(f, append(slices.Clone(f.spent), f.latest)...)
	case inDoubt || rand.IntN(3) == 0:
		l.useTwice(f)
	case len(f.spent) > 1 && rand.IntN(2) == 0:
		l.present(f, f.spent[:len(f.spent)-1]...)
	}
}

// useTwice uses the latest token, asks again, goes on where that is granted, and
// then comes back with the first, which ends the family.
func (l *load) useTwice(f *family) {
	used := f.latest
	if !l.rotate(f) {
		return
	}
	if f.party.grace {
		f.latest = used
		if !l.rotate(f) || !l.rotate(f) {
			return
		}
	}
	l.present(f, used, f.latest)
}

// rotate uses the latest token, and reports whether there is a successor.
func (l *load) rotate(f *family) bool {
	a, err := l.refreshes(f.party, f.latest)
	if err != nil || a.Status != http.StatusOK {
		l.gone(f, a, err)
		return false
	}
	f.access, f.spent, f.latest = append(f.access, a.AccessToken), append(f.spent, f.latest), a.RefreshToken
	return true
}

// present tries tokens that are used up, or of a family that has ended.
func (l *load) present(f *family, tokens ...string) {
	for _, token := range tokens {
		a, err := l.refreshes(f.party, token)
		l.gone(f, a, err)
	}
}

// gone notes that a token was refused, which is the end of its family.
func (l *load) gone(f *family, a answer, err error) {
	f.ended = true
	if err != nil || !a.refused() {
		l.t.Errorf("a refresh: %d %q, %v", a.Status, a.Error, err)
	}
	l.looks(f.party, f.access[0], f.latest)
}
