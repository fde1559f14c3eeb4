package config

import (
	"slices"
	"strings"
	"testing"
)

func TestForwardAuthProblems(t *testing.T) {
	const list = `forward_auth.rules must be a list of rules: [{path: /**, public: true}]`
	for rules, want := range map[string]string{
		`/**`:                                         list,
		`[/**]`:                                       list,
		`[{path: /a, pathh: /b}]`:                     `forward_auth.rules has the unknown key "pathh"; did you mean "path"?`,
		`[{path: /a, public: 1}]`:                     `forward_auth.rules has a public that must be true or false, not "1"`,
		`[{path: /a, scope: ""}]`:                     `forward_auth.rules has a scope that is empty; leave it out to ask for nothing`,
		`[{path: /a, methods: []}]`:                   `forward_auth.rules has a methods that is empty`,
		`[{path: /a, methods: GET}]`:                  `forward_auth.rules has a methods that must be a list: [a, b]`,
		`[{path: /a, methods: [get]}]`:                `forward_auth.rules has the method "get", which is twice or none: write them in upper case`,
		`[{path: /a, methods: [GET, GET]}]`:           `forward_auth.rules has the method "GET", which is twice or none: write them in upper case`,
		`[{path: /a, host: "*.example.com"}]`:         `forward_auth.rules has "*.example.com", which is no host: write a name without port and wildcard`,
		`[{path: /a, public: true, scope: read}]`:     `forward_auth.rules has a rule that is public and asks for something else`,
		`[{path: /a, permission: "a:b"}]`:             `forward_auth.rules has a permission without an account: write account: acting, or account: "{name}" of the path`,
		`[{path: /a, account: acting}]`:               `forward_auth.rules has an account without a permission to decide on it`,
		`[{path: "/{a}", permission: b, account: a}]`: `forward_auth.rules has the account "a"; write acting, or a "{name}" of the path`,
		`[{path: /a, permission: b, account: "{c}"}]`: `forward_auth.rules has the account "{c}"; write acting, or a "{name}" of the path`,
		`[{path: /a, scope: "a b"}]`:                  `forward_auth.rules has the scope "a b", which is not one scope`,
		`[{path: /a, product: "a b"}]`:                `forward_auth.rules has the name "a b", with a space or worse`,
		`[{path: /a, dialect: JPay}]`:                 `forward_auth.rules has "JPay", which is no name of a dialect`,
	} {
		got := problemsOf(t, "forward_auth: {rules: "+rules+"}\n")
		if len(got) != 1 || !strings.HasPrefix(got[0], "claviger.yaml:1:") || !strings.HasSuffix(got[0], ": "+want) {
			t.Errorf("%s\n got %q\nwant %q", rules, got, want)
		}
		got = problemsOf(t, "", "CLAVIGER_FORWARD_AUTH_RULES="+rules)
		if len(got) != 1 || !strings.HasPrefix(got[0], "CLAVIGER_FORWARD_AUTH_RULES:1:") || !strings.HasSuffix(got[0], ": "+want) {
			t.Errorf("%s by variable\n got %q\nwant %q", rules, got, want)
		}
	}
	for setting, want := range map[string]string{
		"token_lifetime: 1s":         "forward_auth.token_lifetime must be from 5s to 15m0s, not 1s",
		"token_lifetime: 1m":         "forward_auth.token_audience must name the backends",
		"token_header: Cookie":       `forward_auth.token_header must be one of X-Claviger-Token, Authorization, not "Cookie"`,
		"trusted_peers: [0.0.0.0/0]": "which would trust every sender",
		"{token_lifetime: 1m, token_audience: " + completeDefaults(t).Audience + "}": "a backend could use the token here",
	} {
		if got := problemsOf(t, "forward_auth: {"+strings.Trim(setting, "{}")+"}\n"); !strings.Contains(got[0], want) {
			t.Errorf("%s: %q, not %q", setting, got, want)
		}
	}
}

// What a request can never be, no rule can name.
func TestG08_PathsOfRulesHaveOneForm(t *testing.T) {
	good := []string{"/", "/**", "/a", "/a/**", "/{a}", "/a/{b}/c/{d}", "/a.b/~c", "/{a}/**"}
	bad := []string{"", "a", "/a/", "//a", "/a//b", "/a/../b", "/a/./b", "/a%2Fb", "/a;b", "/a#b", "/a?b", `/a\b`, "/é", "/**/a",
		"/a*", "/a**", "/{a}b", "/{a}/{a}", "/{}", "/{a", "/a b", "/{a...}", "/*"}
	for _, path := range append(slices.Clone(good), bad...) {
		if got := goodRulePath(path); got != slices.Contains(good, path) {
			t.Errorf("%q is taken: %v", path, got)
		}
	}
}
