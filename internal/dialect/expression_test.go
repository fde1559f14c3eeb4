package dialect

import (
	"strings"
	"testing"
)

// evaluate compiles and runs an expression over the sample facts.
func compute(t *testing.T, source string) (string, error) {
	t.Helper()
	scope := &factScope{where: "a test", names: append([]string{"token", "membership"}, callerFacts...)}
	x, err := compileExpression(source, scope.resolve)
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
	for source, want := range map[string]string{
		"1 + 2 * 3 - 4":                          "3",
		"(1 + 2) * 3":                            "9",
		"7 / 2":                                  "3",
		"-7 % 3":                                 "-1",
		"10 - 3 - 2":                             "5",
		"--5":                                    "5",
		"'a' + \"b\" + '\\'\\\\\\n'":             `"ab'\\\n"`,
		"1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3":     "true",
		"'a' < 'b'":                              "true",
		"1 == 2 || 'a' == 'a'":                   "true",
		"true && false || true":                  "true",
		"!true":                                  "false",
		"!(1 == 1)":                              "false",
		"1 == 1 ? 'y' : 'n'":                     `"y"`,
		"false ? 1 : false ? 2 : 3":              "3",
		"true ? null : 'x'":                      "null",
		"'a' in ['b', 'a']":                      "true",
		"'x' in []":                              "false",
		"'read' in token.scopes":                 "true",
		"size('héé')":                            "3",
		"size(client.products)":                  "2",
		"upper('aé') + lower('BÉ')":              `"AÉbé"`,
		"' x '.trim().startsWith('x')":           "true",
		"client.name.contains('p')":              "true",
		"client.name.endsWith('pp')":             "true",
		"client.products.join('|')":              `"pay|top-up"`,
		"string(5) + string(true) + string('x')": `"5truex"`,
		"string(token.expires_at)":               `"2026-03-04T04:06:07.890Z"`,
		"int('-12')":                             "-12",
		"int(token.expires_at) < millis(token.expires_at)": "true",
		"decimal(account.balance, account.currency)":       `"2878.86"`,
		"unescape('a%2Bb+c')":                              `"a+b c"`,
		"unescape('100%')":                                 `"100%"`,
		"organisation.services['home']":                    `"https://h"`,
		"organisation.services.home.startsWith('https')":   "true",
		"role['code']":                                     `"owner"`,
		"membership.id":                                    "null",
		"membership.id == null":                            "true",
		"null == membership.id":                            "true",
		"membership.id != ''":                              "true",
		"membership.id + 'x'":                              "null",
		"upper(membership.id)":                             "null",
		"membership.created_at > token.expires_at":         "null",
		"membership.created_at == token.expires_at":        "false",
		"membership.id == 'x' ? 1 : 2":                     "2",
		"!user.operator":                                   "true",
		"9223372036854775807":                              "9223372036854775807",
		"-9223372036854775807 - 1":                         "-9223372036854775808",
	} {
		if got, err := compute(t, source); got != want || err != nil {
			t.Errorf("%s = %s %v, want %s", source, got, err, want)
		}
	}
}

func TestJ01_ArithmeticFailsInsteadOfWrapping(t *testing.T) {
	for _, source := range []string{
		"9223372036854775807 + 1", "-9223372036854775807 - 2", "9223372036854775807 * 2", "3037000500 * 3037000500",
		"-(-9223372036854775807 - 1)", "(-9223372036854775807 - 1) / -1", "(-9223372036854775807 - 1) % -1",
		"1 / 0", "1 % 0", "int('x')", "int('')",
	} {
		if got, err := compute(t, source); err == nil {
			t.Errorf("%s = %s", source, got)
		}
	}
}

func TestBadExpressions(t *testing.T) {
	for source, words := range map[string]string{
		"":                     "unexpected end",
		"1 +":                  "unexpected end",
		"1 2":                  "unexpected number",
		"(1":                   `expected ")"`,
		"1 ? 2 : 3":            "not bool",
		"true ? 1":             `expected ":"`,
		"true ? 1 : 'x'":       "the two sides",
		"'x":                   "does not end",
		`'\q'`:                 "goes before",
		"1x":                   "not a whole number",
		"99999999999999999999": "not a whole number",
		"1.5":                  "expected a name",
		"#":                    "unexpected character",
		"a = b":                "unexpected character",
		"client.number == 'x'": "does not work on int and string",
		"client.products == null && client.products == client.products": "does not work",
		"1 && true":                 "does not work",
		"!1":                        "! takes bool",
		"-'x'":                      "- takes int",
		"'a' in 'abc'":              "does not work",
		"['a', 1]":                  "a list holds text",
		"client":                    "is not a value",
		"client.name.first":         "it has no first",
		"organisation.services.a.b": "it has no a",
		"client.name()":             "client is not a value",
		"decimal(1)":                "does not take (int)",
		"nosuch.thing":              "unknown name nosuch",
		"error.code":                "not available",
		"secret":                    "not available",
		"body.x":                    "not available",
		"[1, 2].map(x, x)":          "a list holds text",
		"true in ['a']":             "does not work",
		"client.Name":               "client has no Name",
		"client['-']":               "client has no -",
		"[client.name]":             "a list holds text",
	} {
		_, err := compute(t, source)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v, want %q", source, err, words)
		}
	}
}

func TestJ01_ExpressionsAreBounded(t *testing.T) {
	for name, source := range map[string]string{
		"length":      strings.Repeat("1+", maxExpression) + "1",
		"parentheses": strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200),
		"negations":   strings.Repeat("!", 500) + "true",
		"ternaries":   strings.Repeat("true?1:", 100) + "1",
		"calls":       strings.Repeat("upper(", 100) + "'x'" + strings.Repeat(")", 100),
	} {
		if _, err := compute(t, source); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, source := range []string{"1 + 2", "client.name.contains('x') ? 'a' : upper(\"b\")", "'a' in ['b']", "a[", "a.", "x('"} {
		f.Add(source)
	}
	scope := &factScope{where: "a test", names: callerFacts}
	f.Fuzz(func(t *testing.T, source string) {
		x, err := compileExpression(source, scope.resolve)
		if err != nil {
			return
		}
		v := x.eval(&env{facts: sampleFacts()})
		if v.kind != x.kind && v.kind != nullKind {
			t.Errorf("%s: the static type is %s, the value %s", source, x.kind, v.kind)
		}
	})
}
