package dialect

import (
	"strings"
	"sync"
	"testing"
)

// calculator computes expressions over the sample facts.
type calculator struct {
	compiler
	scope factScope
}

func newCalculator() *calculator {
	return &calculator{scope: factScope{where: "a test", names: append([]string{"token", "membership"}, callerFacts...)}}
}

func (c *calculator) compute(t testing.TB, source string) (string, error) {
	t.Helper()
	x, err := c.compile(source, &c.scope)
	if err != nil {
		return "", err
	}
	e := &env{facts: sampleFacts()}
	v := x.eval(e)
	if v.kind != x.kind && v.kind != nullKind {
		t.Errorf("%s: the static type is %s, the value %s", source, x.kind, v.kind)
	}
	return string(appendValue(nil, &v)), e.err
}

func TestExpressions(t *testing.T) {
	c := newCalculator()
	for source, want := range map[string]string{
		"1 + 2 * 3 - 4":                      "3",
		"(1 + 2) * 3":                        "9",
		"7 / 2":                              "3",
		"-7 % 3":                             "-1",
		"10 - 3 - 2":                         "5",
		"--5":                                "5",
		"'a' + \"b\" + '\\'\\\\\\n'":         `"ab'\\\n"`,
		"1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3": "true",
		"'a' < 'b'":                          "true",
		"1 == 2 || 'a' == 'a'":               "true",
		"true && false || true":              "true",
		"!true":                              "false",
		"!(1 == 1)":                          "false",
		"1 == 1 ? 'y' : 'n'":                 `"y"`,
		"false ? 1 : false ? 2 : 3":          "3",
		"'a' in ['b', 'a']":                  "true",
		"'x' in []":                          "false",
		"'read' in token.scopes":             "true",
		"'home' in organisation.services":    "true",
		"size('héé')":                        "3",
		"size(client.products)":              "2",
		"client.products.size()":             "2",
		"client.products[1]":                 `"top-up"`,
		"'aé'.upperAscii() + 'Bé'.lowerAscii()":                               `"Aébé"`,
		"' x '.trim().startsWith('x')":                                        "true",
		"client.name.contains('p')":                                           "true",
		"client.name.endsWith('pp')":                                          "true",
		"client.products.join('|')":                                           `"pay|top-up"`,
		"string(5) + string(true) + string('x')":                              `"5truex"`,
		"string(token.expires_at)":                                            `"2026-03-04T04:06:07.890Z"`,
		"int('-12')":                                                          "-12",
		"int(token.expires_at) < millis(token.expires_at)":                    "true",
		"decimal(account.balance, account.currency)":                          `"2878.86"`,
		"unescape('a%2Bb+c')":                                                 `"a+b c"`,
		"unescape('100%')":                                                    `"100%"`,
		"'user@tenant'.substring('user@tenant'.indexOf('@') + 1)":             `"tenant"`,
		"organisation.services['home']":                                       `"https://h"`,
		"organisation.services[client.products[0] == 'pay' ? 'home' : 'a']":   `"https://h"`,
		"organisation.services.home.startsWith('https')":                      "true",
		"{'org': 'BUSINESS', 'individual': 'PERSON'}[account.type]":           `"BUSINESS"`,
		"user.operator ? organisation.services : organisation.services":       `{"a":"b","home":"https://h"}`,
		"user.operator ? client.products : token.scopes":                      `["read","write"]`,
		"user.operator ? token.expires_at : token.expires_at":                 `"2026-03-04T04:06:07.890Z"`,
		"account.status == 'ACTIVE' ? 1 : 2":                                  "1",
		"role['code']":                                                        `"owner"`,
		"!user.operator":                                                      "true",
		"9223372036854775807":                                                 "9223372036854775807",
		"-9223372036854775807 - 1":                                            "-9223372036854775808",
		"has(user.email) ? user.email : user.username":                        `"u"`,
		"has(organisation.services.away) ? 'away' : 'at home'":                `"at home"`,
		"'away' in organisation.services ? organisation.services.away : 'no'": `"no"`,
	} {
		if got, err := c.compute(t, source); got != want || err != nil {
			t.Errorf("%s = %s %v, want %s", source, got, err, want)
		}
	}
}

// TestWhatIsNotThereMakesTheExpressionNull: the sample has no membership, and its
// token was issued at no time.
func TestWhatIsNotThereMakesTheExpressionNull(t *testing.T) {
	c := newCalculator()
	for source, want := range map[string]string{
		"membership.id":                                         "null",
		"membership.id + 'x'":                                   "null",
		"membership.id == ''":                                   "null",
		"membership.id.trim().startsWith(client.name)":          "null",
		"has(membership.id) ? 1 : 2":                            "null",
		"true || membership.id == 'x'":                          "null",
		"membership.created_at > token.expires_at":              "null",
		"int(token.issued_at)":                                  "null",
		"string(token.issued_at)":                               "null",
		"has(token.issued_at) ? string(token.issued_at) : 'no'": `"no"`,
		"organisation.services.away + '/x'":                     "null",
		"organisation.services[client.name] + '/x'":             "null",
		"{'x': 'y'}[account.type]":                              "null",
	} {
		if got, err := c.compute(t, source); got != want || err != nil {
			t.Errorf("%s = %s %v, want %s", source, got, err, want)
		}
	}
}

func TestJ01_ArithmeticFailsInsteadOfWrapping(t *testing.T) {
	c := newCalculator()
	for _, source := range []string{
		"9223372036854775807 + 1", "-9223372036854775807 - 2", "9223372036854775807 * 2", "3037000500 * 3037000500",
		"-(-9223372036854775807 - 1)", "(-9223372036854775807 - 1) / -1", "(-9223372036854775807 - 1) % -1",
		"1 / 0", "1 % 0", "int('x')", "int('')", "client.products[7]", "'x'.substring(2)",
	} {
		if got, err := c.compute(t, source); err == nil {
			t.Errorf("%s = %s", source, got)
		}
	}
}

// TestBadExpressions also looks at the place inside the expression.
func TestBadExpressions(t *testing.T) {
	c := newCalculator()
	for source, words := range map[string]string{
		"":                                       "mismatched input",
		"1 +":                                    "(character 4 of the expression)",
		"1 2":                                    "(character 3 of the expression)",
		"(1":                                     "missing ')'",
		"1 ? 2 : 3":                              "the condition before ? is int, not bool",
		"true ? 1":                               "(character 9 of the expression)",
		"true ? 1 : 'x'":                         "the two sides of : are int and string",
		"true ? null : 'x'":                      "the two sides of : are null and string",
		"'x":                                     "recognition error",
		"99999999999999999999":                   "invalid int literal",
		"1.5":                                    "it gives double",
		"null":                                   "it gives null",
		"[1, 2]":                                 "it gives list(int)",
		"b'x'":                                   "it gives bytes",
		"#":                                      "recognition error",
		"a = b":                                  "(character 3 of the expression)",
		"client.number == 'x'":                   "== does not work on int and string (character 15 of the expression)",
		"client.name == null":                    "== does not work on string and null",
		"1 && true":                              "expected type 'bool' but found 'int'",
		"!1":                                     "! does not work on int",
		"-'x'":                                   "- does not work on string",
		"'a' in 'abc'":                           "in does not work on string and string",
		"'x' +\n client.shoe":                    "client has no shoe; it has id, number, ",
		"'x' +\n  client.name()":                 "(line 2, character 14 of the expression)",
		"client":                                 "is not a value",
		"client == client":                       "is not a value",
		"client.name.first":                      "client.name is string; it has no first",
		"organisation.services.a.b":              "it has no a",
		"client.name()":                          "unknown function name",
		"decimal(1)":                             "decimal does not take (int)",
		"'x'.trim(1)":                            "trim of string does not take (int)",
		"nosuch.thing + 'x'":                     "unknown name nosuch",
		"error.code + 'x'":                       "error is not available in a test",
		"secret + 'x'":                           "secret is not available",
		"body.x + 'x'":                           "body is not available",
		"'x' + client.Name":                      "client has no Name",
		"'x' + client['-']":                      "client has no -",
		"'x' + string(client.Lifetimes)":         "client has no Lifetimes",
		"client.name.trim().first":               "only a path can be followed by .first",
		"has(client)":                            "invalid argument to has() macro",
		"client.products.join(client.name)":      "what join puts between must be text in quotes",
		"core.Client{id: 'x'}.id":                "only a path can be followed",
		"string(core.Client{id: 'x'})":           "made of paths, operators and functions",
		"type(client.name) == string":            "unknown function type",
		"string(dyn(client.name) + 1)":           "unknown function dyn",
		"client.name.replace('', client.name)":   "unknown function replace",
		"client.name.split('').join('aaaa')":     "unknown function split",
		"client.name.matches('(a*)*')":           "unknown function matches",
		"'%s'.format([1])":                       "unknown function format",
		"int(timestamp('2026-01-01T00:00:00Z'))": "unknown function timestamp",
		"token.expires_at.getHours('Asia/Tokyo')": "unknown function getHours",
	} {
		_, err := c.compute(t, source)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v, want %q", source, err, words)
		}
	}
}

func TestJ01_ExpressionsAreBounded(t *testing.T) {
	c := newCalculator()
	for name, source := range map[string]string{
		"length":      strings.Repeat("1+", maxExpression) + "1",
		"sum":         strings.Repeat("1+", 100) + "1",
		"parentheses": strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200),
		"ternaries":   strings.Repeat("true?1:", 100) + "1",
		"calls":       strings.Repeat("unescape(", 100) + "'x'" + strings.Repeat(")", 100),
	} {
		_, err := c.compute(t, source)
		if err == nil || !strings.Contains(err.Error(), "levels deep") && !strings.Contains(err.Error(), "bytes at most") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestJ01_NothingLoops(t *testing.T) {
	c := newCalculator()
	for _, source := range []string{
		"size([1, 2].map(x, x))", "client.products.all(x, x == 'y')", "client.products.exists(x, x == 'y')",
		"client.products.exists_one(x, x == 'y')", "client.products.filter(x, x == 'y')",
	} {
		if got, err := c.compute(t, source); err == nil {
			t.Errorf("%s = %s", source, got)
		}
	}
}

// TestJ01_CostIsLimited multiplies the lengths of two texts, which only looking
// for one in the other does.
func TestJ01_CostIsLimited(t *testing.T) {
	c := newCalculator()
	x, err := c.compile("client.name.contains(user.username)", &c.scope)
	if err != nil {
		t.Fatal(err)
	}
	f := sampleFacts()
	f.Client.Name, f.User.Username = strings.Repeat("a", 30_000), strings.Repeat("a", 20_000)+"b"
	e := &env{facts: f}
	if v := x.eval(e); v.kind != nullKind || e.err == nil || !strings.Contains(e.err.Error(), "operation cancelled") {
		t.Errorf("%v %v", v, e.err)
	}
}

// TestOneExpressionForManyRequests is for the race detector: each sees its facts.
func TestOneExpressionForManyRequests(t *testing.T) {
	c := newCalculator()
	x, err := c.compile("decimal(account.balance, account.currency) + client.name", &c.scope)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for n := range int64(8) {
		group.Go(func() {
			for i := range int64(50) {
				f := sampleFacts()
				f.Account.Balance = n*1000 + i
				if v := x.eval(&env{facts: f}); v.text != decimal(n*1000+i, "BWP")+"App" {
					t.Errorf("%d: %q", n, v.text)
				}
			}
		})
	}
	group.Wait()
}

// TestFailuresHoldNoValues: what could not be computed may be a secret.
func TestFailuresHoldNoValues(t *testing.T) {
	c := newCalculator()
	for _, source := range []string{"int(token.access)", "{'a': 1}[token.access] / 0", "token.access.substring(99)"} {
		x, err := c.compile(source, &c.scope)
		if err != nil {
			t.Fatal(err)
		}
		f := sampleFacts()
		f.Token.AccessToken = "canary: canary"
		e := &env{facts: f}
		x.eval(e)
		if e.err != nil && strings.Contains(e.err.Error(), "canary") {
			t.Error(e.err)
		}
	}
}

// TestJ02_FieldsOfFactsAreTagged: CEL would show a field without a tag under its
// Go name.
func TestJ02_FieldsOfFactsAreTagged(t *testing.T) {
	for name, from := range roots {
		for i := range from.of.NumField() {
			if f := from.of.Field(i); f.IsExported() && f.Tag.Get("json") == "" {
				t.Errorf("%s: %s.%s has no json tag", name, from.of, f.Name)
			}
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, source := range []string{"1 + 2", "client.name.contains('x') ? 'a' : \"b\".trim()", "'a' in ['b']", "a[", "a.", "x('",
		"has(client.name)", "{'a': 1}['a']", "core.Client{id: 'x'}"} {
		f.Add(source)
	}
	c := newCalculator()
	f.Fuzz(func(t *testing.T, source string) {
		_, _ = c.compute(t, source)
	})
}
