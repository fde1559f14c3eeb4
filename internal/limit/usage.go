package limit

import (
	"net/netip"
	"slices"
	"strings"
)

// Nodes tell each other of what has used a twentieth of its budget; what uses less
// is beneath notice.
const noticed = 20

// Usage is how many requests were let through on a budget.
type Usage struct {
	Budget string `json:"budget"` // "account acct_1"
	Count  int64  `json:"count"`
}

// note counts a request that was let through.
func (l *Limiter) note(i id, b *bucket) {
	if !l.shared {
		return
	}
	if b.untold.Add(1) != l.threshold(i.kind) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loud = append(l.loud, i)
}

func (l *Limiter) threshold(kind Kind) int64 { return int64(max(1, l.budgets[kind]/noticed)) }

// Used returns what to tell the other nodes, the greatest first and at most so many,
// and counts it as told.
func (l *Limiter) Used(most int) []Usage {
	l.mu.Lock()
	loud := l.loud
	l.loud = nil
	l.mu.Unlock()
	list := make([]Usage, 0, len(loud))
	for _, i := range loud {
		if b, ok := l.buckets.GetIfPresent(i); ok {
			list = append(list, Usage{i.String(), b.untold.Swap(0)})
		}
	}
	slices.SortFunc(list, func(a, b Usage) int { return int(b.Count - a.Count) })
	if len(list) > most {
		l.Untold(list[most:])
		list = list[:most]
	}
	return list
}

// Untold takes back what Used returned and nobody could be told.
func (l *Limiter) Untold(list []Usage) {
	for _, u := range list {
		i, ok := parse(u.Budget)
		if !ok {
			continue
		}
		after := l.bucket(i).untold.Add(u.Count)
		if least := l.threshold(i.kind); after >= least && after-u.Count < least {
			l.mu.Lock()
			l.loud = append(l.loud, i)
			l.mu.Unlock()
		}
	}
}

// Charge takes what another node has let through from the budgets here. A budget
// can be overdrawn by its own size: it is paid back before anything more is let
// through.
func (l *Limiter) Charge(list []Usage) {
	now := l.now()
	for _, u := range list {
		i, ok := parse(u.Budget)
		if !ok || l.budgets[i.kind] == 0 || u.Count <= 0 {
			continue
		}
		b := l.bucket(i)
		room := int64(b.TokensAt(now)) + int64(b.Burst())
		for left := min(u.Count, room); left > 0; left -= int64(b.Burst()) {
			b.ReserveN(now, int(min(left, int64(b.Burst()))))
		}
	}
}

// String is the id as other nodes read it.
func (i id) String() string {
	if i.network.IsValid() {
		return i.kind.String() + " " + i.network.String()
	}
	return i.kind.String() + " " + i.name
}

func parse(text string) (id, bool) {
	name, rest, _ := strings.Cut(text, " ")
	for _, kind := range Kinds() {
		switch {
		case kind.String() != name:
		case kind == Source:
			if ip, err := netip.ParseAddr(rest); err == nil {
				return id{kind: Source, network: ip}, true
			}
			return id{kind: Source, name: rest}, true
		default:
			return id{kind: kind, name: rest}, true
		}
	}
	return id{}, false
}
