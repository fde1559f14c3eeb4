package server_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// module is a module of the suite: a name, and what it does as a relying party
// with a browser that has never been here.
type module struct {
	name string
	run  func(p *party)
}

// basicModules is oidcc-basic-certification-test-plan for a static client and
// discovery, in its order. The three modules of dynamic registration come last;
// what they are about is asserted all the same.
var basicModules = slices.Concat(responseModules, claimModules, promptModules, requestModules, codeModules, objectModules)

func TestOIDCC_Basic(t *testing.T) { runModules(t, "", basicModules) }

// TestOIDCC_FormPostBasic is oidcc-formpost-basic-certification-test-plan: the same
// with response_mode=form_post.
func TestOIDCC_FormPostBasic(t *testing.T) { runModules(t, "form_post", basicModules) }

func runModules(t *testing.T, mode string, modules []module) {
	c := newSuite(t)
	for _, m := range modules {
		t.Run(m.name, func(t *testing.T) { m.run(c.party(t, mode)) })
	}
}

var responseModules = []module{
	{"oidcc-server", func(p *party) { p.flow() }},
	{"oidcc-response-type-missing", func(p *party) {
		p.refused(p.open("response_type", "-"), "invalid_request", "unsupported_response_type")
	}},
	{"oidcc-userinfo-get", func(p *party) {
		got := p.flow()
		p.userInfo(got, p.get("/oauth2/userinfo", bearer(got.access)))
	}},
	{"oidcc-userinfo-post-header", func(p *party) {
		got := p.flow()
		p.userInfo(got, p.send(http.MethodPost, "/oauth2/userinfo", "", bearer(got.access)))
		p.userInfo(got, p.send(http.MethodPost, "/oauth2/userinfo", "", bearer(got.access), formType))
	}},
	{"oidcc-userinfo-post-body", func(p *party) {
		got := p.flow()
		p.userInfo(got, p.send(http.MethodPost, "/oauth2/userinfo", fields{"access_token": got.access}.form(), formType))
	}},
	{"oidcc-ensure-request-without-nonce-succeeds-for-code-flow", func(p *party) {
		if got := p.flow("nonce", "-"); got.claims["nonce"] != nil {
			p.t.Errorf("nonce %v", got.claims["nonce"])
		}
	}},
	{"oidcc-display-page", func(p *party) { p.signsInAnew("display", "page") }},
	{"oidcc-display-popup", func(p *party) { p.signsInAnew("display", "popup") }},
}

// signsInAnew is a flow that has to begin with the sign-in page.
func (p *party) signsInAnew(changes ...string) *suiteTokens {
	p.t.Helper()
	got := p.flow(changes...)
	if !slices.Contains(got.pages, "/sign-in") {
		p.t.Errorf("pages %v: nobody was asked to sign in", got.pages)
	}
	return got
}

// silent is a flow that must not show a page.
func (p *party) silent(changes ...string) *suiteTokens {
	p.t.Helper()
	got := p.flow(changes...)
	if len(got.pages) > 0 {
		p.t.Errorf("pages %v", got.pages)
	}
	return got
}

// same checks that two ID tokens are of one authentication.
func (p *party) same(first, second *suiteTokens) {
	p.t.Helper()
	for _, claim := range []string{"sub", "auth_time"} {
		if first.claims[claim] == nil || first.claims[claim] != second.claims[claim] {
			p.t.Errorf("%s: first %v, then %v", claim, first.claims[claim], second.claims[claim])
		}
	}
}

// later checks that a second ID token is of a later authentication, just made.
func (p *party) later(first, second *suiteTokens) {
	p.t.Helper()
	before, _ := first.claims["auth_time"].(float64)
	after, _ := second.claims["auth_time"].(float64)
	if before == 0 || after <= before || p.Clock.Now().Sub(time.Unix(int64(after), 0)) > time.Minute {
		p.t.Errorf("auth_time: first %v, then %v", first.claims["auth_time"], second.claims["auth_time"])
	}
	if first.claims["sub"] != second.claims["sub"] {
		p.t.Errorf("sub: first %v, then %v", first.claims["sub"], second.claims["sub"])
	}
}

var promptModules = []module{
	{"oidcc-prompt-login", func(p *party) {
		first := p.flow()
		p.Clock.Advance(time.Second)
		p.later(first, p.signsInAnew("prompt", "login"))
	}},
	{"oidcc-prompt-none-not-logged-in", func(p *party) {
		p.refused(p.open("prompt", "none", "state", strings.Repeat("0123456789abcdef", 8)), needsPages...)
	}},
	{"oidcc-prompt-none-logged-in", func(p *party) {
		first := p.flow()
		p.Clock.Advance(time.Second)
		p.same(first, p.silent("prompt", "none"))
	}},
	{"oidcc-max-age-1", func(p *party) {
		first := p.flow()
		p.Clock.Advance(2 * time.Second)
		p.later(first, p.signsInAnew("max_age", "1"))
	}},
	{"oidcc-max-age-10000", func(p *party) {
		first := p.flow("max_age", "15000")
		p.Clock.Advance(time.Second)
		p.same(first, p.silent("max_age", "10000"))
	}},
	{"oidcc-id-token-hint", func(p *party) {
		first := p.flow()
		p.Clock.Advance(time.Second)
		p.same(first, p.silent("prompt", "none", "id_token_hint", first.id))
	}},
}

var requestModules = []module{
	{"oidcc-ensure-request-with-unknown-parameter-succeeds", func(p *party) { p.flow("extra", "foobar") }},
	{"oidcc-login-hint", func(p *party) {
		page := p.open("login_hint", suiteEmail)
		if got := page.Form("password").Values.Get("identifier"); got != suiteEmail {
			p.t.Errorf("the form has %q", got)
		}
		page, _ = p.pass(page)
		p.complete(page)
		other := p.party(p.t, p.mode) // a hint at somebody whom nobody knows is no error
		other.flow("login_hint", "buffy@"+strings.TrimPrefix(suiteIssuer, "http://"))
	}},
	{"oidcc-ui-locales", func(p *party) {
		page := p.open("ui_locales", "se fr en")
		if !strings.Contains(page.Body, `<html lang="fr">`) {
			p.t.Error("the page is not in one of the languages asked for")
		}
		page, _ = p.pass(page)
		p.complete(page)
		p.party(p.t, p.mode).flow("ui_locales", "se")
	}},
	{"oidcc-claims-locales", func(p *party) { p.flow("claims_locales", "se") }},
	{"oidcc-ensure-request-with-acr-values-succeeds", func(p *party) {
		wanted := []string{}
		supported, _ := p.get("/.well-known/openid-configuration").is(http.StatusOK).member("acr_values_supported").([]any)
		for _, value := range supported {
			text, _ := value.(string)
			wanted = append(wanted, text)
		}
		got := p.flow("acr_values", strings.Join(wanted, " "))
		if acr, _ := got.claims["acr"].(string); !slices.Contains(wanted, acr) {
			p.t.Errorf("acr %v is none of %v", got.claims["acr"], wanted)
		}
	}},
	{"oidcc-ensure-registered-redirect-uri", func(p *party) {
		p.open("redirect_uri", suiteCallback+"/3kAxd9sQPw").Problem(http.StatusBadRequest)
	}},
	{"oidcc-ensure-post-request-succeeds", func(p *party) {
		p.flow() // cookies do not come with a form of another site; the person stays signed in all the same
		page := p.browser.Post("/oauth2/authorize", p.ask(), "cross-site")
		if !isAnswer(page) {
			p.t.Errorf("a page before the answer: %s", page.Path)
		}
		p.complete(page)
		fresh := p.party(p.t, p.mode)
		page, _ = fresh.pass(fresh.browser.Post("/oauth2/authorize", fresh.ask(), "cross-site"))
		fresh.complete(page)
	}},
	{"oidcc-ensure-request-with-valid-pkce-succeeds", func(p *party) {
		page, _ := p.pass(p.open("code_challenge", challenge, "code_challenge_method", "S256"))
		p.complete(page, "code_verifier", verifier)
	}},
}

// objectModules are about request objects, which the server does not take, and
// about what dynamic registration alone can ask for.
var objectModules = []module{
	{"oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported", func(p *party) {
		p.asked = p.ask()
		outside := url.Values{"request": {unsigned(p.asked)}}
		for _, name := range []string{"response_type", "client_id", "scope", "redirect_uri"} {
			outside.Set(name, p.asked.Get(name))
		}
		p.asked.Del("state") // is inside alone, and nothing is read there but how to answer
		p.refused(p.browser.Get("/oauth2/authorize?"+outside.Encode()), "request_not_supported")
		for _, name := range []string{"request_parameter_supported", "request_uri_parameter_supported"} {
			if said := p.get("/.well-known/openid-configuration").member(name); said != false {
				p.t.Errorf("%s: %v", name, said)
			}
		}
	}},
	{"oidcc-ensure-request-object-with-redirect-uri", func(p *party) {
		asked := p.ask()
		outside := url.Values{"request": {unsigned(asked)}, "redirect_uri": {suiteCallback + "/invalid"}}
		for _, name := range []string{"response_type", "client_id", "scope"} {
			outside.Set(name, asked.Get(name))
		}
		p.browser.Get("/oauth2/authorize?" + outside.Encode()).Problem(http.StatusBadRequest)
	}},
	{"oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported", func(p *party) {
		p.refused(p.open("request_uri", suiteBase+"request"), "request_uri_not_supported")
	}},
	{"oidcc-idtoken-signature", func(p *party) { p.flow() }}, // proved wants kid and RS256
	{"oidcc-idtoken-unsigned", func(p *party) {
		said, _ := p.get("/.well-known/openid-configuration").member("id_token_signing_alg_values_supported").([]any)
		if slices.Contains(said, any("none")) || len(said) == 0 {
			p.t.Errorf("id_token_signing_alg_values_supported %v", said)
		}
	}},
}

// unsigned is a request object with alg none, by value.
func unsigned(asked url.Values) string {
	claims := fields{}
	for name := range asked {
		claims[name] = asked.Get(name)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"none"}`)) + "." + encode([]byte(claims.json())) + "."
}
