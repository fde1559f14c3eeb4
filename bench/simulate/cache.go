package main

import (
	"math"
	"math/rand/v2"
)

// Scope says what a change of configuration puts out of date.
type Scope int

// A change puts out of date all that is cached (as the store does), or what is of
// its organisation alone.
const (
	Whole Scope = iota
	OfOrganisation
)

// CacheLoad is a node whose cache is looked at: requests and changes a second,
// those of all organisations together.
type CacheLoad struct {
	Organisations float64
	Skew          float64
	Requests      float64 // a second, on this node
	Changes       float64 // a second, on all nodes
	Room          float64 // organisations whose entries fit
	Scope         Scope
}

// Hits is the closed form: requests and changes come at random (Poisson), the
// least recently used goes first (Che's approximation), and what a change put out
// of date is loaded again at the next request. A request finds its organisation
// when the one before it was no longer ago than the time T that an entry survives,
// with no change in between: r/(r+c) (1 - exp(-(r+c)T)).
func (l CacheLoad) Hits() float64 {
	z := newZipf(l.Organisations, l.Skew, nil)
	total, survive := z.total(), l.survival(z)
	var hits float64
	z.over(func(weight, count float64) {
		r, c := l.Requests*weight/total, l.changesOf()
		hits += count * weight / total * r / (r + c) * (1 - math.Exp(-(r+c)*survive))
	})
	return hits
}

func (l CacheLoad) changesOf() float64 {
	if l.Scope == OfOrganisation {
		return l.Changes / l.Organisations
	}
	return l.Changes
}

// survival is T: in that time as many organisations are asked for as fit.
func (l CacheLoad) survival(z *zipf) float64 {
	if l.Organisations <= l.Room {
		return math.Inf(1)
	}
	total, low, high := z.total(), 0.0, 1e12
	for range 100 {
		middle := (low + high) / 2
		var asked float64
		z.over(func(weight, count float64) { asked += count * (1 - math.Exp(-l.Requests*weight/total*middle)) })
		if asked < l.Room {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// Simulate asks a cache request by request and returns the share of hits among
// the last half of them. It is a cache of organisations, not of entries: those of
// one are asked for together.
func (l CacheLoad) Simulate(requests int, seed uint64) float64 {
	random := rand.New(rand.NewPCG(seed, uint64(l.Organisations)))
	z := newZipf(l.Organisations, l.Skew, random)
	kept := newRecent(int(l.Organisations), int(min(l.Room, l.Organisations)))
	var now, changed float64 // changed: when everything was put out of date
	next := random.ExpFloat64() / l.Changes
	hits := 0
	for i := range requests {
		for now += random.ExpFloat64() / l.Requests; next < now; next += random.ExpFloat64() / l.Changes {
			if l.Scope == Whole {
				changed = next
			} else {
				kept.forget(1 + random.IntN(int(l.Organisations)))
			}
		}
		at, found := kept.ask(z.draw(), now)
		if found && at >= changed && i >= requests/2 {
			hits++
		}
	}
	return float64(hits) / float64(requests-requests/2)
}
