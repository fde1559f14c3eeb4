package history

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Entry is what an audit trail says of a request: what was done, and for which
// grant.
type Entry struct{ Type, Grant string }

// Trail is an audit trail by the ids of requests.
type Trail map[string]Entry

// mostDoubts bounds what is tried out: every doubt doubles it.
const mostDoubts = 10

// Check returns what no correct server can have said, a text for each family of
// tokens in which there is such a thing. With a trail, that has to agree too; nil
// is none.
//
// Of an operation of unknown outcome both is tried, unless the trail has it: that it
// took effect, and that it did not. One of the two has to explain everything that
// was seen.
func (h *History) Check(trail Trail) (complaints []string) {
	said := indexed(trail)
	for _, operations := range h.families() {
		if wrong := checkFamily(operations, h.Late, said); len(wrong) > 0 {
			complaints = append(complaints, report(operations, wrong))
		}
	}
	return complaints
}

func report(operations []*Operation, wrong []string) string {
	text := strings.Join(wrong, "\n")
	if len(operations) > 60 {
		operations = operations[:60]
	}
	for _, o := range operations {
		text += "\n\t" + o.String()
	}
	return text
}

// checkFamily tries every way in which the doubts may have gone that the trail
// leaves open, and returns what is wrong with the best.
func checkFamily(operations []*Operation, late time.Duration, said *records) (best []string) {
	decided := map[*Operation]bool{}
	var doubts []*Operation
	for _, o := range operations {
		switch {
		case o.Outcome != Unknown || o.Kind == Look:
		case said.decides(o):
			decided[o] = said.trail[o.ID].Type == o.Record
		default:
			doubts = append(doubts, o)
		}
	}
	if len(doubts) > mostDoubts {
		return []string{fmt.Sprintf("%d operations of one family are in doubt", len(doubts))}
	}
	for guess := range 1 << len(doubts) {
		done := maps.Clone(decided)
		for n, o := range doubts {
			done[o] = guess&(1<<n) != 0
		}
		wrong := judge(operations, late, done, said)
		if len(wrong) == 0 {
			return nil
		}
		if best == nil || len(wrong) < len(best) {
			best = wrong
		}
	}
	return best
}

// judge applies every rule, under an assumption of what was done unseen.
func judge(operations []*Operation, late time.Duration, done map[*Operation]bool, said *records) []string {
	f := &family{late: late, access: map[string]bool{}, forgiving: map[string]bool{}, wins: map[string][]*Operation{}}
	for _, o := range operations {
		if o.Outcome == Unknown && !done[o] {
			continue
		}
		f.add(o)
	}
	f.findEnds()
	f.oneWinner()
	f.deadAfterEnd()
	f.spentIsDead()
	f.validUntilEnd()
	f.deadStaysDead()
	f.givenOnce()
	if said.trail != nil {
		f.recorded(operations, done, said)
	}
	return f.wrong
}

// recorded compares with the audit trail: what took effect is in it, what did not
// is not, and nothing came of the family that nobody asked for.
func (f *family) recorded(operations []*Operation, done map[*Operation]bool, said *records) {
	grants := map[string]bool{}
	asked := map[string]bool{}
	types := map[string]bool{}
	for _, o := range operations {
		asked[o.ID] = true
		if o.Record == "" {
			continue
		}
		types[o.Record] = true
		entry := said.trail[o.ID]
		took := o.Outcome == OK || done[o]
		again := o.Kind == Revoke && before(f.causes, o) // there was nothing left to revoke
		if took != (entry.Type == o.Record) && !again {
			f.complain("of %v, which took effect: %t, the audit trail has %q", o, took, entry.Type)
		}
		if took && entry.Grant != "" {
			grants[entry.Grant] = true
		}
	}
	if len(grants) > 1 {
		f.complain("one family has %d grants in the audit trail", len(grants))
	}
	for _, id := range said.of(grants) {
		if entry := said.trail[id]; !asked[id] && types[entry.Type] {
			f.complain("the audit trail has %s by %s, which is not of this family", entry.Type, id)
		}
	}
}

// records is an audit trail with the requests for each grant: there are as many
// families to look up as there are records.
type records struct {
	trail Trail
	asked map[string][]string
}

// decides reports whether there is a trail from which it is known if an operation
// took effect. A revocation that found nothing left to revoke is not in it.
func (r *records) decides(o *Operation) bool {
	return r.trail != nil && o.Record != "" && o.Kind != Revoke
}

func indexed(trail Trail) *records {
	r := &records{trail: trail, asked: map[string][]string{}}
	for id, entry := range trail {
		if entry.Grant != "" {
			r.asked[entry.Grant] = append(r.asked[entry.Grant], id)
		}
	}
	return r
}

// of returns the requests for any of some grants.
func (r *records) of(grants map[string]bool) (list []string) {
	for grant := range grants {
		list = append(list, r.asked[grant]...)
	}
	slices.Sort(list)
	return list
}
