package permission

import (
	"slices"
	"strings"
	"testing"

	"claviger/internal/core"
)

var (
	someCaller = &core.Account{ID: "a", OrganisationID: "o", Type: core.AccountIndividual, Status: core.Active, Flags: []string{"trusted-user"}, Currency: "NZD"}
	someTarget = &core.Account{
		ID: "b", OrganisationID: "o", Type: core.AccountOrg, Status: core.Active, Subscriptions: []string{"gold", "external-asset-issuer"},
		Currency: "AUD", Category: "CURRENT", Test: true,
	}
)

func TestCP_9_Conditions(t *testing.T) {
	both, targetOnly, nobody := facts{someCaller, someTarget}, facts{target: someTarget}, facts{}
	for _, c := range []struct {
		when   string
		direct bool
		with   facts
		want   bool
	}{
		{"'trusted-user' in caller.flags", true, both, true},
		{"'trusted-user' in caller.flags", true, targetOnly, false},
		{"'trusted' in caller.flags", true, both, false},
		{"'trusted-user' in target.flags", true, both, false},
		{"'gold' in target.subscriptions", true, targetOnly, true},
		{"target.type == 'org'", true, both, true},
		{"'org' == target.type", true, both, true},
		{"target.type != 'org'", true, both, false},
		{"target.test", true, both, true},
		{"!target.test", true, both, false},
		{"target.test && caller.currency == 'NZD'", true, both, true},
		{"caller.test || target.status == 'ACTIVE'", true, both, true},
		{"target.category == 'CURRENT' && !('gold' in target.subscriptions)", true, both, false},

		{"caller.currency == target.currency", false, both, false},
		{"target.currency in ['NZD', 'AUD']", false, both, true},
		{"size(target.subscriptions) >= 2", false, both, true},
		{"caller.test ? target.test : target.category.startsWith('CURR')", false, both, true},
		{"target.subscriptions == ['gold', 'external-asset-issuer']", false, both, true},
		{"target.test == true", false, both, true},

		// An account that is not there meets nothing, whatever is said of it (F05).
		{"!('blocked' in caller.flags)", true, targetOnly, false},
		{"caller.type != 'org'", true, nobody, false},
		{"target.test || caller.test", true, targetOnly, false},
		{"size(caller.flags) == 0", false, targetOnly, false},
		{"target.type != 'individual'", true, nobody, false},
		{"true", false, nobody, true},
	} {
		compiled, err := compile(c.when)
		if err != nil {
			t.Errorf("%s: %v", c.when, err)
			continue
		}
		if got := compiled.holds(c.with); got != c.want {
			t.Errorf("%s: %v, want %v", c.when, got, c.want)
		}
		if compiled.direct != c.direct {
			t.Errorf("%s: direct %v", c.when, compiled.direct)
		}
	}
}

// J01, J02: what is no condition is refused when it is applied, with the place.
func TestJ01_J02_OddConditions(t *testing.T) {
	deep := strings.Repeat("(", 60) + "true" + strings.Repeat(")", 60)
	for _, c := range []struct{ when, want string }{
		{"", "mismatched input"},
		{"target.type == ", "character 16 of the condition"},
		{"target.kind == 'org'", "there is no target.kind; caller and target have type, flags, subscriptions, currency, category, status, test (character 1 of"},
		{"true && caller.balance > 0", "there is no caller.balance; caller and target have type, flags, subscriptions, currency, category, status, test (character 9 of"},
		{"target.id == 'acc_a'", "there is no target.id"},
		{"user.email == 'a@b'", "there is no user.email"},
		{"target", "is a field of an account"},
		{"target.type.length == 3", "is a field of an account"},
		{"has(target.flags)", "has"},
		{"target['type'] == 'org'", "a condition has no [] (character 7 of"},
		{"target.flags[0] == 'x'", "a condition has no []"},
		{"target.type", "a condition is true or false; this gives string"},
		{"1", "this gives int"},
		{"null", "this gives null"},
		{"target.type == 1", "== does not work on string, int"},
		{"target.type in 'org'", "in does not work on string, string"},
		{"'a' in target.type", "in does not work on"},
		{"target.flags == 'a'", "== does not work on"},
		{"target.flags.exists(f, f == 'a')", "a condition has no exists"},
		{"target.flags.all(f, f == 'a')", "a condition has no all"},
		{"[1, 2].map(x, x * 2) == [2, 4]", "a condition has no map"},
		{"target.type + 'x' == 'orgx'", "a condition has no +"},
		{"target.type.matches('(a+)+$')", "a condition has no matches"},
		{"timestamp('2026-01-01T00:00:00Z').getHours('Europe/London') == 0", "a condition has no getHours"},
		{"env('HOME') == ''", "a condition has no env"},
		{"file.read('/etc/passwd') == ''", "a condition has no read"},
		{"{'a': true}['a']", "a condition has no []"},
		{"{'a': true} == {'a': true}", "a condition is made of"},
		{"dyn(target.type)", "a condition has no dyn"},
		{"type(target.type) == string", "a condition has no type"},
		{"target.type == 'org' # not CEL", "Syntax error"},
		{deep, "32 levels deep"},
		{"target.type == '" + strings.Repeat("x", 2000) + "'", "1024 bytes at most"},
		{"\xff", "no condition"},
		{"target.type ==\n  'org' &&\n caller.x", "line 3, character 2 of the condition"},
	} {
		err := CheckCondition(c.when)
		if err == nil {
			t.Errorf("%.60q was taken", c.when)
			continue
		}
		if text := err.Error(); c.want != "no condition" && !strings.Contains(strings.ToLower(text), strings.ToLower(c.want)) && c.want != "Syntax error" {
			t.Errorf("%.60q: %s, want %q", c.when, text, c.want)
		}
	}
}

// A condition that fails, or that costs too much, is not met.
func TestJ01_CostOfAConditionIsBounded(t *testing.T) {
	c, err := compile("size(target.flags) >= 0 && target.currency in target.flags")
	if err != nil {
		t.Fatal(err)
	}
	few, many := *someTarget, *someTarget
	few.Flags = []string{"AUD"}
	many.Flags = slices.Repeat([]string{"x"}, 1_000_000)
	many.Flags[len(many.Flags)-1] = "AUD"
	if !c.holds(facts{target: &few}) || c.holds(facts{target: &many}) {
		t.Error("the cost limit does not hold, or holds too much")
	}
}

// Whatever compiles gives an answer, the same one each time, and direct access
// the same as CEL.
func FuzzCondition(f *testing.F) {
	for _, seed := range []string{
		"'trusted-user' in caller.flags", "target.type == 'org'", "!target.test || caller.test && 'x' != target.currency",
		"size(caller.flags) > 1", "target.currency in ['a']", "caller.test ? target.test : false", "((", "'\\u0000' in target.flags", "a.b.c",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, when string) {
		c, err := compile(when)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\x00\x1b") {
				t.Errorf("the error holds control characters: %q", err)
			}
			return
		}
		both := facts{someCaller, someTarget}
		if c.holds(both) != c.holds(both) {
			t.Error("two answers")
		}
		if (c.caller || c.target) && c.holds(facts{}) {
			t.Error("met without the accounts that it reads")
		}
		slow, err := compileWith(when, false)
		if err != nil || slow.holds(both) != c.holds(both) {
			t.Errorf("direct access and CEL disagree on %q (%v)", when, err)
		}
	})
}
