package history

import (
	"fmt"
	"slices"
	"time"
)

// family is the operations on tokens that come from each other, once it is assumed
// which of the unknown ones took effect.
type family struct {
	late       time.Duration           // see History
	access     map[string]bool         // access tokens
	operations []*Operation            // that took effect, or were refused
	forgiving  map[string]bool         // tokens that may be asked for again
	wins       map[string][]*Operation // uses that were answered with a successor, or lost on the way
	causes     []*Operation            // what may have ended the family
	wrong      []string
}

func (f *family) complain(format string, args ...any) {
	f.wrong = append(f.wrong, fmt.Sprintf(format, args...))
}

func (f *family) add(o *Operation) {
	f.operations = append(f.operations, o)
	if o.Access != "" {
		f.access[o.Access] = true
	}
	if o.Next != "" && o.Forgiving {
		f.forgiving[o.Next] = true
	}
	if o.Kind == Use && o.Outcome != Refused {
		f.wins[o.Token] = append(f.wins[o.Token], o)
	}
}

// before reports whether one of some operations may have taken effect before
// another was answered.
func before(causes []*Operation, o *Operation) bool {
	return slices.ContainsFunc(causes, func(cause *Operation) bool { return cause != o && cause.Start < o.End })
}

// usedUp returns the uses after which a token is refused: its own, or those of its
// successor where it may be asked for again.
func (f *family) usedUp(token string) []*Operation {
	if !f.forgiving[token] {
		return f.wins[token]
	}
	var later []*Operation
	for _, win := range f.wins[token] {
		if win.Next != "" {
			later = append(later, f.wins[win.Next]...)
		}
	}
	return later
}

// findEnds collects what ends a family: its revocation, and a token that comes
// again after it was used up.
func (f *family) findEnds() {
	for _, o := range f.operations {
		if o.Kind == Revoke && o.Outcome != Refused || o.Kind == Use && o.Outcome == Refused && before(f.usedUp(o.Token), o) {
			f.causes = append(f.causes, o)
		}
	}
}

// oneWinner: a token gives one successor, whoever presents it and however often.
func (f *family) oneWinner() {
	for _, o := range f.operations {
		wins := f.wins[o.Token]
		if o.Kind != Use || len(wins) < 2 || wins[0] != o {
			continue
		}
		if !f.forgiving[o.Token] {
			f.complain("a token was used %d times: %v, %v", len(wins), wins[0], wins[1])
			continue
		}
		next := ""
		for _, win := range wins {
			if next != "" && win.Next != "" && win.Next != next {
				f.complain("a token has two successors: %v, %v", o, win)
			}
			if win.Next != "" {
				next = win.Next
			}
		}
	}
}

// ends reports whether the client can know from o that the family is over: an
// access token is dead, a token was refused, or the revocation was confirmed.
func ends(o *Operation, access map[string]bool) bool {
	switch o.Kind {
	case Revoke:
		return o.Outcome != Refused
	case Use:
		return o.Outcome == Refused
	case Look:
		return access[o.Token] && !o.Active
	}
	return false
}

// untold reports whether o was worked on by a node that need not have heard yet of
// what is known from another operation.
func (f *family) untold(o, known *Operation) bool {
	return o.Kind == Look && f.access[o.Token] && o.began.Before(known.ended.Add(f.late))
}

// deadAfterEnd: nothing of a family that has ended lives.
func (f *family) deadAfterEnd() {
	var end *Operation
	for _, o := range f.operations {
		if ends(o, f.access) && (end == nil || o.End < end.End) {
			end = o
		}
	}
	for _, o := range f.operations {
		if end == nil || o.Start <= end.End || f.untold(o, end) {
			continue
		}
		if o.Kind == Look && o.Active || o.Kind == Use && o.Outcome == OK {
			f.complain("%v, after the family had ended by %v", o, end)
		}
	}
}

// spentIsDead: a token that was used is not active, and does not come back once its
// successor was used.
func (f *family) spentIsDead() {
	for _, o := range f.operations {
		after := func(cause *Operation) bool { return cause != o && cause.End < o.Start }
		switch {
		case o.Kind == Look && o.Active && slices.ContainsFunc(f.wins[o.Token], after):
			f.complain("%v, after the token was used", o)
		case o.Kind == Use && o.Outcome == OK && slices.ContainsFunc(f.usedUp(o.Token), after):
			f.complain("%v, after the token was used up", o)
		}
	}
}

// validUntilEnd: whatever was given works until something ends it.
func (f *family) validUntilEnd() {
	for _, o := range f.operations {
		switch {
		case before(f.causes, o):
		case o.Kind == Look && !o.Active && !before(f.wins[o.Token], o):
			f.complain("%v, though nothing had ended it", o)
		case o.Kind == Use && o.Outcome == Refused && !before(f.usedUp(o.Token), o):
			f.complain("%v, though nothing had used it up", o)
		case o.Kind == Revoke && o.Outcome == Refused:
			f.complain("%v: a revocation is never refused", o)
		}
	}
}

// deadStaysDead: a token that was seen dead is not seen alive after that.
func (f *family) deadStaysDead() {
	for _, dead := range f.operations {
		if dead.Kind != Look || dead.Active {
			continue
		}
		for _, o := range f.operations {
			if o.Token != dead.Token || o.Start <= dead.End || f.untold(o, dead) {
				continue
			}
			again := f.forgiving[o.Token] && len(f.wins[o.Token]) > 0 // it looks dead, and may be asked for again
			if o.Kind == Look && o.Active || o.Kind == Use && o.Outcome == OK && !again {
				f.complain("%v, after it was seen dead by %v", o, dead)
			}
		}
	}
}

// givenOnce: nobody gets a token that somebody else has, but for the one who asks
// again for an answer that got lost.
func (f *family) givenOnce() {
	given := map[string]*Operation{}
	for _, o := range f.operations {
		for _, token := range []string{o.Access, o.Next} {
			if token == "" {
				continue
			}
			first := given[token]
			if first == nil {
				given[token] = o
				continue
			}
			if token == o.Access || first.Token != o.Token || o.Kind != Use {
				f.complain("%v gave a token that %v had given", o, first)
			}
		}
	}
}
