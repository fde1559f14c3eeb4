package history

import (
	"fmt"
	"math"
	"sync"
	"time"
)

// Kind says what an operation does with the token that it presents.
type Kind string

// Kinds of operations.
const (
	Issue  Kind = "issue"  // gives tokens, and presents none
	Use    Kind = "use"    // uses up a code or a refresh token, and gives its successors
	Revoke Kind = "revoke" // ends the family of a token
	Look   Kind = "look"   // asks whether a token is active
)

// Outcome is what the client was told.
type Outcome string

// Outcomes of operations. Of an unknown one nobody can say whether it took effect.
const (
	Unknown Outcome = "unknown"
	OK      Outcome = "ok"
	Refused Outcome = "refused"
)

// Operation is one request and its answer.
type Operation struct {
	ID        string // of the request, as the audit trail has it
	Kind      Kind
	Record    string // type of the audit record that it leaves when it takes effect; empty: none
	Token     string // presented
	Outcome   Outcome
	Access    string // access token of the answer
	Next      string // code or refresh token of the answer: what can be used next
	Forgiving bool   // Next may be presented again until its successor was used
	Active    bool   // what a look was told

	// Start and End are places in the one order of all beginnings and ends. The end
	// of an unknown operation is where the server that worked on it was gone.
	Start, End int

	began, ended time.Time
}

func (o *Operation) String() string {
	text := fmt.Sprintf("%s %s [%d, ", o.Kind, o.ID, o.Start)
	if o.End == never {
		text += "…"
	} else {
		text += fmt.Sprint(o.End)
	}
	text += "] " + string(o.Outcome)
	if o.Kind == Look && o.Outcome == OK {
		text += fmt.Sprintf(" active=%t", o.Active)
	}
	return text
}

const never = math.MaxInt

// History is what happened, in the order in which it did. Operations are added and
// ended; nothing is ever taken back.
type History struct {
	// Late is for how long another node than that which ended a family may go on
	// calling its access tokens active. Zero: there is one node.
	Late time.Duration

	mu         sync.Mutex
	moment     int
	operations []*Operation
	open       map[*Operation]bool // begun and not answered
}

// Begin notes that a request is about to be sent.
func (h *History) Begin(o Operation) *Operation {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.moment++
	o.Start, o.End, o.Outcome, o.began = h.moment, never, Unknown, time.Now()
	begun := &o
	h.operations = append(h.operations, begun)
	if h.open == nil {
		h.open = map[*Operation]bool{}
	}
	h.open[begun] = true
	return begun
}

// Answer is what a client learns from an answer.
type Answer struct {
	Refused      bool
	Access, Next string
	Forgiving    bool
	Active       bool
}

// End notes the answer to a request. One that got none is never ended.
func (h *History) End(o *Operation, a Answer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.moment++
	o.End, o.Outcome, o.ended = h.moment, OK, time.Now()
	if a.Refused {
		o.Outcome = Refused
	}
	o.Access, o.Next, o.Forgiving, o.Active = a.Access, a.Next, a.Forgiving, a.Active
	delete(h.open, o)
}

// Settle notes that nothing works any more on what was not answered: it has taken
// effect by now, or never will.
func (h *History) Settle() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.moment++
	for o := range h.open {
		o.End, o.ended = h.moment, time.Now()
	}
	clear(h.open)
}

// Unanswered returns the requests of unknown outcome.
func (h *History) Unanswered() []Operation {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []Operation
	for _, o := range h.operations {
		if o.Outcome == Unknown {
			list = append(list, *o)
		}
	}
	return list
}

// families returns copies of the operations, apart by the tokens that come from
// each other.
func (h *History) families() [][]*Operation {
	h.mu.Lock()
	defer h.mu.Unlock()
	groups := map[string]string{} // token -> another of its family, or itself
	root := func(token string) string {
		for groups[token] != "" && groups[token] != token {
			token = groups[token]
		}
		return token
	}
	for _, o := range h.operations {
		first := ""
		for _, token := range []string{o.Token, o.Access, o.Next} {
			switch {
			case token == "":
			case first == "":
				first = root(token)
				groups[first] = first
			default:
				groups[root(token)] = first
			}
		}
	}
	place := map[string]int{}
	var list [][]*Operation
	for _, o := range h.operations {
		token := o.Token
		if token == "" {
			token = o.Next
		}
		if token == "" {
			token = o.Access
		}
		if token == "" {
			continue // it gave nothing that anybody knows
		}
		found, ok := place[root(token)]
		if !ok {
			found = len(list)
			place[root(token)] = found
			list = append(list, nil)
		}
		duplicate := *o
		list[found] = append(list[found], &duplicate)
	}
	return list
}
