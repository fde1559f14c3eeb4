package authorize

import (
	"strings"
	"testing"

	"claviger/internal/core"
	"claviger/oauth"
)

func TestA01_A02_A04_A05_A06_SD_3_RedirectURIs(t *testing.T) {
	hosts := &core.Client{RedirectHosts: []string{"partner.example", "localhost", "127.0.0.1"}}
	exact := &core.Client{RedirectURIs: []string{"https://app.example/cb?x=1", "http://127.0.0.1", "com.example.app://oidc-callback", "http://localhost:8090/cb"}}
	both := &core.Client{RedirectURIs: []string{"https://partner.example/cb"}, RedirectHosts: []string{"partner.example"}}
	for _, c := range []struct {
		client *core.Client
		sent   string
		want   bool
	}{
		{hosts, "https://partner.example/any/path?with=query", true},
		{hosts, "https://partner.example", true},
		{hosts, "http://localhost:12345/cb", true},
		{hosts, "http://127.0.0.1/cb", true},
		{hosts, "http://partner.example/cb", false},
		{hosts, "https://partner.example.evil.com/cb", false}, // A01
		{hosts, "https://partnerXexample/cb", false},
		{hosts, "https://sub.partner.example/cb", false},
		{hosts, "https://partner.example@evil.com/cb", false}, // A02
		{hosts, "https://evil.com@partner.example/cb", false},
		{hosts, "https://a@b@partner.example/cb", false},
		{hosts, "https://PARTNER.example/cb", false}, // A04
		{hosts, "https://partner.example./cb", false},
		{hosts, "https://partner.example:443/cb", false},
		{hosts, "HTTPS://partner.example/cb", false},
		{hosts, "https://pаrtner.example/cb", false}, // a Cyrillic letter
		{hosts, "https://xn--prtner-3fg.example/cb", false},
		{hosts, "https://partner.example/cb#fragment", false}, // A05
		{hosts, "http://localhost@evil.com/cb", false},        // A06
		{hosts, "http://127.0.0.1.evil.com/cb", false},
		{hosts, "http://127.0.0.1:@evil.com/cb", false},
		{hosts, "http://localhost:99999999/cb", true}, // no such port: nobody can listen there
		{hosts, `https://partner.example\@evil.com/cb`, false},
		{hosts, "https://partner.example /cb", false},
		{hosts, "https://partner.example\t/cb", false},
		{hosts, "//partner.example/cb", false},
		{hosts, "javascript:alert(1)", false},
		{hosts, "https:partner.example/cb", false},
		{exact, "https://app.example/cb?x=1", true},
		{exact, "https://app.example/cb?x=2", false},
		{exact, "https://app.example/cb?x=1&y=2", false},
		{exact, "https://app.example/cb", false},
		{exact, "https://app.example/cb/?x=1", false},
		{exact, "https://app.example:443/cb?x=1", false},
		{exact, "https://APP.example/cb?x=1", false},
		{exact, "http://127.0.0.1:49152", true}, // RFC 8252 §7.3
		{exact, "http://127.0.0.1:49152/", true},
		{exact, "http://127.0.0.1:49152/other", false},
		{exact, "http://127.0.0.1:49152?x=1", false},
		{exact, "http://127.0.0.1:49152#x", false},
		{exact, "https://127.0.0.1:49152", false},
		{exact, "http://localhost:49152", false},
		{exact, "http://localhost:9/cb", true},
		{exact, "http://127.0.0.1.evil.com:1/", false},
		{exact, "com.example.app://oidc-callback", true},
		{exact, "com.example.app://oidc-callback2", false},
		{both, "https://partner.example/cb", true},
		{both, "https://partner.example/other", false}, // SD-3: exact ones alone
	} {
		got, wrong := redirectOf(c.client, c.sent, true)
		if (wrong == nil) != c.want || c.want && got != c.sent {
			t.Errorf("%s: %q, %v", c.sent, got, wrong)
		}
		if wrong != nil && wrong.Reason != oauth.ReasonRedirectURI {
			t.Errorf("%s: %s", c.sent, wrong.Reason)
		}
	}
}

func TestA09_ARedirectURIIsNeverGuessed(t *testing.T) {
	one, two := []string{"https://a.example/cb"}, []string{"https://a.example/cb", "https://b.example/cb"}
	for name, c := range map[string]struct {
		client *core.Client
		openID bool
		want   string
	}{
		"one":             {&core.Client{RedirectURIs: one}, false, one[0]},
		"one with openid": {&core.Client{RedirectURIs: one}, true, ""},
		"two":             {&core.Client{RedirectURIs: two}, false, ""},
		"a host":          {&core.Client{RedirectHosts: []string{"a.example"}}, false, ""},
		"none":            {&core.Client{}, false, ""},
	} {
		got, wrong := redirectOf(c.client, "", c.openID)
		if got != c.want || (wrong == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v", name, got, wrong)
		}
	}
}

func TestE22_ReturnTo(t *testing.T) {
	for _, text := range []string{"/account", "/connections", "/account?x=1"} {
		if safeReturn(text) != text {
			t.Errorf("%s is refused", text)
		}
	}
	for _, text := range []string{
		"", "//evil.example", `/\evil.example`, "/\t/evil.example", "/%09/evil.example", "/%5cevil.example", "https://evil.example", "evil",
		"javascript:alert(1)", "/a//b", "\n/account", "/account\r\nSet-Cookie: a=b", "/%2f%2fevil.example", "/\x00",
	} {
		if got := safeReturn(text); got != "/account" {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestA23_StateComesBackAsItWas(t *testing.T) {
	for uri, want := range map[string]string{
		"https://a.example/cb":      "https://a.example/cb?state=",
		"https://a.example/cb?x=1":  "https://a.example/cb?x=1&state=",
		"com.example.app://cb":      "com.example.app://cb?state=",
		"https://a.example/cb?a=%7": "https://a.example/cb?a=%7&state=",
	} {
		state := strings.Repeat("é<\"&=\r\n+ %", 800)
		got := withQuery(uri, [][2]string{{"state", state}})
		if !strings.HasPrefix(got, want) || strings.ContainsAny(got, "\r\n<\" ") {
			t.Errorf("%s: %.60s", uri, got)
		}
	}
}

// A client answers with a redirect to another of its hosts or ports; a browser
// that checks form-action there, too, must go on.
func TestFormTargets(t *testing.T) {
	for uri, want := range map[string]string{
		"https://partner.example/callback": "https:",
		"http://localhost:8090/callback":   "https: http://localhost:* http://127.0.0.1:*",
		"http://[::1]:8090/callback":       "https: http:",
		"com.example.app://callback":       "https: com.example.app:",
	} {
		if got := strings.Join(formTargets(uri), " "); got != want {
			t.Errorf("%s: %s, want %s", uri, got, want)
		}
	}
}
