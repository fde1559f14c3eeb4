package permission

import (
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"claviger/internal/config"
	"claviger/test/testlog"
)

func TestG01_PathsHaveOneForm(t *testing.T) {
	for target, want := range map[string]string{
		"/": "", "/a": "a", "/a/": "a", "/a/b": "a|b", "/%61%2Db": "a-b", "/a%40b": "a@b", "/a%20b": "a b", "/a+b": "a+b",
		"/caf%C3%A9": "café", "/café": "café", "/...": "...", "/100%25": "100%", "/a:b@c": "a:b@c",
	} {
		if got, err := pathOf(target); err != nil || strings.Join(got, "|") != want {
			t.Errorf("%s is %q, %v", target, got, err)
		}
	}
	for _, target := range []string{
		"", "a", "*", "http://api.example/a", "?", "?/a", "#/a", "//", "//a", "/a//b", "/a//", "/./a", "/a/.", "/a/../b", "/a/..",
		"/%2e%2e/a", "/%2E./a", "/.%2e", "/a%2fb", "/a%2Fb", "/..%2fadmin", "/..%2Fadmin", "/a%5cb", `/a\b`, `/..\admin`, "/a;p", "/a;p/b",
		"/a%3bp", "/a%3Bp", "/a#b", "/a%23b", "/a%3fb", "/a%3Fb", "/%", "/a%", "/a%2", "/a%zz", "/a%u002f", "/a%00", "/a\x00b", "/a%0a", "/a%7f",
		"/a\tb", "/%c0%ae%c0%ae/", "/%ff", "/a\xffb", "/%252e%252e/admin", "/a%252fb", "/%25%32%66", "/%C2%85",
		"/" + strings.Repeat("a", longestTarget),
	} {
		if got, err := pathOf(target); err == nil {
			t.Errorf("%q is taken for %q", target, got)
		}
	}
}

func TestG05_QueryAndFragmentPlayNoPart(t *testing.T) {
	for _, target := range []string{"/admin?", "/admin?/public", "/admin?x=/../public", "/admin?a?b", "/admin?x=%2e%zz;//", "/admin/?x"} {
		if got, err := pathOf(target); err != nil || !slices.Equal(got, []string{"admin"}) {
			t.Errorf("%s is %q, %v", target, got, err)
		}
	}
	for _, target := range []string{"/admin#", "/admin#/public", "/public?x#/admin", "/public#?x"} {
		if got, err := pathOf(target); err == nil {
			t.Errorf("%s is taken for %q", target, got)
		}
	}
}

func forwardRulesOf(t *testing.T, rules ...config.ForwardRule) ForwardRules {
	t.Helper()
	all, err := NewForwardRules(rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A rule is known here by its product.
func chosen(t *testing.T, rules ForwardRules, method, host, target string) string {
	t.Helper()
	asked, err := newOriginal(method, host, target)
	if err != nil {
		t.Fatalf("%s %s%s: %v", method, host, target, err)
	}
	var names []string
	for _, rule := range rules.find(asked) {
		names = append(names, rule.Product)
	}
	slices.Sort(names)
	return strings.Join(names, "+")
}

func TestG08_TheMostSpecificRuleDecidesWhateverItsPlace(t *testing.T) {
	rules := []config.ForwardRule{
		{Path: "/**", Product: "all"},
		{Path: "/admin/**", Product: "admin"},
		{Path: "/admin/{page}", Product: "page"},
		{Path: "/admin/help", Product: "help"},
		{Path: "/admin/help", Product: "help-get", Methods: []string{"GET"}},
		{Path: "/{tenant}/help", Product: "tenant-help"},
		{Path: "/{tenant}/{page}/edit", Product: "edit"},
		{Path: "/orders", Product: "orders", Methods: []string{"GET", "POST"}},
		{Path: "/", Product: "home"},
		{Path: "/**", Host: "api.example", Product: "api"},
		{Path: "/a@b/c", Product: "at"},
	}
	asks := []struct{ method, host, target, want string }{
		{"GET", "w.example", "/", "home"},
		{"GET", "w.example", "/x", "all"},
		{"GET", "w.example", "/x/y/z", "all"},
		{"GET", "w.example", "/admin", "admin"},
		{"GET", "w.example", "/admin/", "admin"},
		{"GET", "w.example", "/admin/x", "page"},
		{"GET", "w.example", "/admin/x/", "page"},
		{"GET", "w.example", "/admin/x/edit", "admin"}, // a text says more than a name, from the left
		{"GET", "w.example", "/x/y/edit", "edit"},
		{"GET", "w.example", "/%61dmin/x?y#"[:11], "page"},
		{"GET", "w.example", "/admin/help", "help+help-get"}, // both must allow it
		{"PUT", "w.example", "/admin/help", "help"},
		{"GET", "w.example", "/x/help", "tenant-help"},
		{"POST", "w.example", "/orders", "orders"},
		{"DELETE", "w.example", "/orders", ""}, // not what less specific rules say
		{"HEAD", "w.example", "/orders", ""},
		{"GET", "w.example", "/ADMIN/x", ""}, // another spelling of a rule
		{"GET", "w.example", "/Admin", ""},
		{"GET", "w.example", "/admin/HELP", ""},
		{"GET", "w.example", "/Orders", ""},
		{"GET", "w.example", "/a%40b/c", "at"},
		{"GET", "api.example", "/x", "all+api"},
		{"GET", "API.example:8443", "/x", "all+api"},
		{"GET", "api.example.", "/x", "all+api"},
		{"GET", "xapi.example", "/x", "all"},
	}
	for range rules {
		rules = append(rules[1:], rules[0])
		for _, list := range [][]config.ForwardRule{rules, reversed(rules)} {
			all := forwardRulesOf(t, list...)
			for _, ask := range asks {
				if got := chosen(t, all, ask.method, ask.host, ask.target); got != ask.want {
					t.Fatalf("%s %s%s: %q, not %q, with %v", ask.method, ask.host, ask.target, got, ask.want, list)
				}
			}
		}
	}
}

func reversed(rules []config.ForwardRule) []config.ForwardRule {
	out := slices.Clone(rules)
	slices.Reverse(out)
	return out
}

// What a proxy leaves out its client could fill in.
func TestG02_HeadersThatSayTooLittleOrTooMuch(t *testing.T) {
	const uri, method, host = "X-Forwarded-Uri", "X-Forwarded-Method", "X-Forwarded-Host"
	const otherURI, otherMethod = "X-Original-URI", "X-Original-Method"
	for name, c := range map[string]struct {
		target  string
		headers []string
		want    string
	}{
		"Traefik":                     {"/forward-auth", []string{uri, "/a?b", method, "POST", host, "w.example"}, "POST w.example/a"},
		"nginx":                       {"/forward-auth", []string{otherURI, "/a", otherMethod, "POST", host, "w.example"}, "POST w.example/a"},
		"nginx, its host":             {"/forward-auth", []string{otherURI, "/a", otherMethod, "POST", "X-Original-Host", "w.example"}, "POST w.example/a"},
		"both, and they agree":        {"/forward-auth?error=header", []string{uri, "/a", method, "GET", otherURI, "/a", otherMethod, "GET", host, "w.example"}, "GET w.example/a"},
		"Envoy":                       {"/forward-auth/a/b?c", nil, "GET api.example/a/b"},
		"Envoy, the root":             {"/forward-auth/", nil, "GET api.example/"},
		"Envoy, a client's host":      {"/forward-auth/a", []string{host, "w.example", method, "PUT"}, "GET api.example/a"},
		"nothing":                     {"/forward-auth", nil, ""},
		"no method":                   {"/forward-auth", []string{uri, "/a", host, "w.example"}, ""},
		"no URI":                      {"/forward-auth", []string{method, "GET", host, "w.example"}, ""},
		"no host":                     {"/forward-auth", []string{uri, "/a", method, "GET"}, ""},
		"an empty method":             {"/forward-auth", []string{uri, "/a", method, "", host, "w.example"}, ""},
		"an odd method":               {"/forward-auth", []string{uri, "/a", method, "get", host, "w.example"}, ""},
		"an odd host":                 {"/forward-auth", []string{uri, "/a", method, "GET", host, "w.example/x"}, ""},
		"a list of hosts":             {"/forward-auth", []string{uri, "/a", method, "GET", host, "w.example, x.example"}, ""},
		"two URIs":                    {"/forward-auth", []string{uri, "/a", uri, "/b", method, "GET", host, "w.example"}, ""},
		"two methods":                 {"/forward-auth", []string{uri, "/a", method, "GET", method, "PUT", host, "w.example"}, ""},
		"two hosts":                   {"/forward-auth", []string{uri, "/a", method, "GET", host, "w.example", host, "x.example"}, ""},
		"families that differ":        {"/forward-auth", []string{uri, "/a", method, "GET", otherURI, "/b", otherMethod, "GET", host, "w.example"}, ""},
		"methods that differ":         {"/forward-auth", []string{uri, "/a", method, "GET", otherURI, "/a", otherMethod, "PUT", host, "w.example"}, ""},
		"half of nginx, a client's":   {"/forward-auth", []string{otherURI, "/a", uri, "/a", method, "GET", host, "w.example"}, ""},
		"half of Traefik, a client's": {"/forward-auth", []string{method, "PUT", otherURI, "/a", otherMethod, "PUT", host, "w.example"}, ""},
		"hosts that differ":           {"/forward-auth", []string{uri, "/a", method, "GET", host, "w.example", "X-Original-Host", "x.example"}, ""},
		"a slash too many":            {"/forward-auth/", []string{uri, "/a", method, "GET", host, "w.example"}, ""},
		"the path and nginx":          {"/forward-auth/a", []string{otherURI, "/b", otherMethod, "GET"}, ""},
		"a path that is not clean":    {"/forward-auth//a", nil, ""},
		"a path that climbs":          {"/forward-auth/../a", nil, ""},
		"another spelling":            {"/forward%2Dauth/a", nil, ""},
		"another spelling, by header": {"/forward%2Dauth", []string{uri, "/a", method, "GET", host, "w.example"}, ""},
	} {
		r := httptest.NewRequest("GET", c.target, nil)
		r.Host = "api.example"
		for i := 0; i < len(c.headers); i += 2 {
			r.Header.Add(c.headers[i], c.headers[i+1])
		}
		if !IsForward(r) {
			t.Errorf("%s: not for this endpoint", name)
		}
		got, err := readOriginal(r)
		if (err == nil) != (c.want != "") || (err == nil && got.String() != c.want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestHeadersHoldVisibleTextAlone(t *testing.T) {
	for text, want := range map[string]string{
		"account-owner": "account-owner", "": "", "a b": "a%20b", "a\r\nX: y": "a%0D%0AX:%20y", "é": "%C3%A9", "100%": "100%25",
	} {
		if got := visible(text); got != want {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

// G07: a panic is a 503, before anything was sent.
func TestG07_APanicIsNotA200(t *testing.T) {
	f := &Forward{Timeout: time.Second, Log: testlog.Logger(t)}
	for name, panics := range map[string]func(netip.Addr) bool{"nil": nil, "text": func(netip.Addr) bool { panic("x") }} {
		f.Trusts = panics
		for _, target := range []string{"/forward-auth", "/forward-auth?error=header", "/forward-auth/a"} {
			recorder := httptest.NewRecorder()
			f.ServeHTTP(recorder, httptest.NewRequest("GET", target, nil))
			if recorder.Code != 503 {
				t.Errorf("%s, %s: %d", name, target, recorder.Code)
			}
		}
	}
}
