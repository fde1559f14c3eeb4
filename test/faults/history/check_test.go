package history

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// told makes a history of a script: one operation a line, one after the other, but
// for those in braces, which are all under way at once. Operations are numbered.
// R1~ is a refresh token that may be asked for again. "trail 2 g" says that the
// audit trail has operation 2, for grant g; without such a line there is no trail.
func told(t *testing.T, script string) (*History, Trail) {
	t.Helper()
	h := &History{}
	var trail Trail
	var together []func()
	number, braced := 0, false
	for line := range strings.Lines(script) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "{":
			braced = true
		case words[0] == "}":
			for _, end := range together {
				end()
			}
			together, braced = nil, false
		case words[0] == "settle":
			h.Settle()
		case words[0] == "trail":
			if trail == nil {
				trail = Trail{}
			}
			trail[words[1]] = Entry{Type: "done", Grant: words[2]}
		default:
			number++
			end := operation(h, strconv.Itoa(number), words)
			if braced {
				together = append(together, end)
				continue
			}
			end()
		}
	}
	return h, trail
}

// operation begins the operation of a line, and returns what ends it.
func operation(h *History, id string, words []string) (end func()) {
	o := Operation{ID: id, Kind: Kind(words[0])}
	if o.Kind != Look {
		o.Record = "done"
	}
	if o.Kind != Issue {
		o.Token = words[1]
	}
	begun := h.Begin(o)
	a := Answer{}
	for _, word := range words {
		switch {
		case word == "lost":
			return func() {}
		case word == "refused":
			a.Refused = true
		case word == "active":
			a.Active = true
		}
	}
	if _, gives, ok := strings.Cut(strings.Join(words, " "), "> "); ok {
		for token := range strings.FieldsSeq(gives) {
			if strings.HasPrefix(token, "A") {
				a.Access = token
				continue
			}
			a.Next, a.Forgiving = strings.CutSuffix(token, "~")
		}
	}
	return func() { h.End(begun, a) }
}

// What a correct server may say.
func TestCheckAcceptsWhatIsRight(t *testing.T) {
	for name, script := range map[string]string{
		"a family lives":                `issue > A1 R1` + "\n" + `use R1 > A2 R2` + "\n" + `look A1 active` + "\n" + `look R1 dead` + "\n" + `look R2 active`,
		"reuse ends it":                 "issue > A1 R1 \n use R1 > A2 R2 \n use R1 refused \n use R2 refused \n look A1 dead \n look A2 dead \n look R2 dead",
		"one of many wins":              "issue > C1 \n { \n use C1 refused \n use C1 > A1 R1 \n use C1 refused \n } \n look A1 dead \n use R1 refused",
		"all who ask again get it":      "issue > A1 R1~ \n { \n use R1 > A2 R2~ \n use R1 > A3 R2~ \n } \n look A2 active \n use R1 > A4 R2~ \n look R2 active",
		"again, then too late":          "issue > A1 R1~ \n use R1 > A2 R2~ \n look R1 dead \n use R1 > A3 R2~ \n use R2 > A4 R3~ \n use R1 refused \n use R3 refused \n look A4 dead",
		"a revocation":                  "issue > A1 R1 \n revoke A1 \n look A1 dead \n look R1 dead \n use R1 refused \n revoke R1",
		"a look beside a revocation":    "issue > A1 R1 \n { \n revoke R1 \n look A1 active \n look R1 dead \n use R1 > A2 R2 \n } \n look A2 dead",
		"lost and done":                 "issue > A1 R1 \n use R1 lost \n settle \n look R1 dead \n look A1 active \n use R1 refused \n look A1 dead",
		"lost and not done":             "issue > A1 R1 \n use R1 lost \n settle \n look R1 active \n use R1 > A2 R2 \n look R2 active",
		"lost, done and asked again":    "issue > A1 R1~ \n use R1 lost \n settle \n look R1 dead \n use R1 > A2 R2~ \n use R2 > A3 R3~ \n look A3 active",
		"lost, and done after a while":  "issue > A1 R1 \n use R1 lost \n look R1 active \n look R1 dead \n use R1 refused",
		"a lost revocation":             "issue > A1 R1 \n revoke R1 lost \n settle \n look R1 dead \n look A1 dead \n use R1 refused",
		"nobody knows what came of one": "issue lost \n issue > A1",
		"two doubts":                    "issue > A1 R1 \n use R1 lost \n settle \n use R1 > A2 R2 \n use R2 lost \n settle \n look R2 dead \n use R2 refused \n look A2 dead",
		"revoked twice, recorded once":  "issue > A1 R1 \n revoke A1 \n revoke R1 \n trail 1 g \n trail 2 g",
		"the trail agrees":              "issue > A1 R1 \n use R1 lost \n use R1 refused \n trail 1 g \n trail 2 g",
		"the trail knows of others":     "issue > A1 R1 \n use R1 > A2 R2 \n trail 1 g \n trail 2 g \n trail 9 other",
	} {
		h, trail := told(t, script)
		for _, complaint := range h.Check(trail) {
			t.Errorf("%s: %s", name, complaint)
		}
	}
}

// A server that is too busy leaves more in doubt than can be tried out. The trail
// knows.
func TestCheckAsksTheTrail(t *testing.T) {
	script := "issue > A1 R1 \n trail 1 g \n" + strings.Repeat("use R1 lost \n", 20) + "use R1 > A2 R2 \n trail 22 g \n look A2 active"
	h, trail := told(t, script)
	for _, complaint := range h.Check(trail) {
		t.Error(complaint)
	}
	trail["7"] = Entry{Type: "done", Grant: "g"}
	if text := strings.Join(h.Check(trail), "\n"); !strings.Contains(text, "used 2 times") {
		t.Errorf("of two uses in the trail the checker says %q", text)
	}
}

// What no correct server says, and what the checker has to say of it.
func TestCheckFindsWhatIsWrong(t *testing.T) {
	for name, broken := range map[string]struct{ script, says string }{
		"two winners":                      {"issue > C1 \n { \n use C1 > A1 R1 \n use C1 > A2 R2 \n }", "used 2 times"},
		"two winners, later":               {"issue > A1 R1 \n use R1 > A2 R2 \n use R1 > A3 R3", "used 2 times"},
		"two successors":                   {"issue > A1 R1~ \n use R1 > A2 R2~ \n use R1 > A3 R3~", "two successors"},
		"no winner":                        {"issue > C1 \n { \n use C1 refused \n use C1 refused \n }", "nothing had used it up"},
		"an acknowledged token is dead":    {"issue > A1 R1 \n look A1 dead", "nothing had ended it"},
		"an acknowledged token is refused": {"issue > A1 R1 \n use R1 > A2 R2 \n use R2 refused", "nothing had used it up"},
		"used, and active":                 {"issue > A1 R1 \n use R1 > A2 R2 \n look R1 active", "after the token was used"},
		"the winner outlives a reuse":      {"issue > A1 R1 \n { \n use R1 > A2 R2 \n use R1 refused \n } \n look A2 active", "after the family had ended"},
		"a successor outlives a reuse":     {"issue > A1 R1 \n use R1 > A2 R2 \n use R1 refused \n use R2 > A3 R3", "after the family had ended"},
		"revoked, and active":              {"issue > A1 R1 \n revoke R1 \n look A1 active", "after the family had ended"},
		"revoked, and used":                {"issue > A1 R1 \n revoke A1 \n use R1 > A2 R2", "after the family had ended"},
		"a revocation refused":             {"issue > A1 R1 \n revoke A1 refused", "never refused"},
		"again, though it is too late":     {"issue > A1 R1~ \n use R1 > A2 R2~ \n use R2 > A3 R3~ \n use R1 > A4 R2~", "used up"},
		"asking again is refused":          {"issue > A1 R1~ \n use R1 > A2 R2~ \n use R1 refused", "nothing had used it up"},
		"lost: done and not done":          {"issue > A1 R1 \n use R1 lost \n settle \n look R1 dead \n use R1 > A2 R2", ""},
		"lost: dead, then active":          {"issue > A1 R1 \n use R1 lost \n look R1 dead \n look R1 active", "after it was seen dead"},
		"lost: done after the server died": {"issue > A1 R1 \n use R1 lost \n settle \n look R1 active \n look R1 dead", ""},
		"a lost revocation, half done":     {"issue > A1 R1 \n revoke R1 lost \n settle \n look R1 dead \n look A1 active", ""},
		"a lost use ends the family":       {"issue > A1 R1 \n use R1 lost \n settle \n look A1 dead", "nothing had ended it"},
		"dead without a cause of its own":  {"issue > A1 R1 \n issue > A2 R2 \n revoke R1 \n look R2 dead", "nothing had ended it"},
		"the same token twice":             {"issue > A1 R1 \n issue > A2 R1", "had given"},
		"acknowledged, and not recorded":   {"issue > A1 R1 \n use R1 > A2 R2 \n trail 1 g", "took effect: true"},
		"a revocation that is not there":   {"issue > A1 R1 \n revoke A1 \n look A1 dead \n trail 1 g", "took effect: true"},
		"refused, and recorded":            {"issue > A1 R1 \n use R1 > A2 R2 \n use R1 refused \n trail 1 g \n trail 2 g \n trail 3 g", "took effect: false"},
		"not recorded, and done":           {"issue > A1 R1 \n use R1 lost \n look R1 dead \n trail 1 g", ""},
		"recorded, and not done":           {"issue > A1 R1 \n use R1 lost \n settle \n look R1 active \n trail 1 g \n trail 2 g", ""},
		"a successor nobody asked for":     {"issue > A1 R1 \n trail 1 g \n trail 9 g", "not of this family"},
		"two grants of one family":         {"issue > A1 R1 \n use R1 > A2 R2 \n trail 1 g \n trail 2 h", "2 grants"},
	} {
		h, trail := told(t, broken.script)
		complaints := strings.Join(h.Check(trail), "\n")
		if complaints == "" || !strings.Contains(complaints, broken.says) {
			t.Errorf("%s: the checker says %q", name, complaints)
		}
	}
}

// A report tells what was done to the family, and not the tokens.
func TestReportHoldsNoToken(t *testing.T) {
	h, _ := told(t, "issue > A1 secret-1 \n use secret-1 lost \n look secret-1 dead \n use secret-1 > A2 secret-2")
	text := strings.Join(h.Check(nil), "\n")
	if !strings.Contains(text, "use 2 [3, …] unknown") || strings.Contains(text, "secret") {
		t.Errorf("the report is %q", text)
	}
}

func TestUnanswered(t *testing.T) {
	h, _ := told(t, "issue > A1 R1 \n use R1 lost \n settle \n look R1 dead")
	if list := h.Unanswered(); len(list) != 1 || list[0].ID != "2" {
		t.Errorf("%v", list)
	}
}

// With several nodes, an access token may be called active for a while after it was
// ended; nothing else may.
func TestCheckKnowsThatNodesAreToldLate(t *testing.T) {
	const late = "issue > A1 R1 \n revoke R1 \n look A1 dead \n look A1 active"
	for script, right := range map[string]bool{
		late:                                        true,
		late + " \n look R1 active":                 false,
		late + " \n use R1 > A2 R2":                 false,
		"issue > A1 R1 \n look A1 dead":             false,
		late + " \n look A1 dead \n use R1 refused": true,
	} {
		h, trail := told(t, script)
		if h.Late = time.Hour; (len(h.Check(trail)) == 0) != right {
			t.Errorf("%q: %v", script, h.Check(trail))
		}
		if h.Late = 0; len(h.Check(trail)) == 0 {
			t.Errorf("%q is right for a single node", script)
		}
	}
}
