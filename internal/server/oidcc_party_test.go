package server_test

import (
	"crypto"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"claviger/internal/server/servertest"
)

// The tests oidcc_*_test.go assert what the modules of the OpenID Foundation's
// conformance suite do, and are named after them. What the suite warns of is an
// error here. They use the clients and the person that the suite itself is given.

const (
	suiteFiles    = "../../test/conformance/"
	suiteBase     = "https://localhost.emobix.co.uk:8443/test/a/claviger/"
	suiteCallback = suiteBase + "callback"
	suiteSignOut  = suiteBase + "post_logout_redirect"
	suiteEmail    = "conformance@claviger.example"
	suitePassword = "suite of many questions"
	suiteIssuer   = "http://" + servertest.Host
)

func newSuite(t *testing.T) *customer {
	t.Helper()
	c := newCustomer(t)
	c.apply(readText(t, suiteFiles+"clients.yaml"))
	return c
}

// party is a relying party as the suite plays it, with the browser of its person.
type party struct {
	*customer
	browser    *servertest.Browser
	id, secret string
	mode       string     // response_mode to ask for; empty: none
	post       bool       // client_secret_post
	asked      url.Values // the authorization request that is under way
	flows      int
}

// tokens is what a flow comes to.
type suiteTokens struct {
	code, access, refresh, id string
	claims                    map[string]any // of the ID token
	pages                     []string       // that the person saw
}

func (c *customer) party(t *testing.T, mode string) *party {
	return &party{
		customer: c.in(t), browser: c.NewBrowser().In(t), mode: mode,
		id: "conformance-1", secret: "conformance-secret-of-the-first-client",
	}
}

// ask makes an authorization request; each has a state and a nonce of its own. "-"
// leaves a parameter out.
func (p *party) ask(changes ...string) url.Values {
	p.flows++
	p.asked = url.Values{
		"response_type": {"code"}, "client_id": {p.id}, "redirect_uri": {suiteCallback}, "scope": {"openid"},
		"state": {fmt.Sprintf("state %d &=+%%<é", p.flows)}, "nonce": {fmt.Sprintf("nonce-%d", p.flows)},
	}
	if p.mode != "" {
		p.asked.Set("response_mode", p.mode)
	}
	for i := 0; i < len(changes); i += 2 {
		if p.asked.Set(changes[i], changes[i+1]); changes[i+1] == "-" {
			p.asked.Del(changes[i])
		}
	}
	return p.asked
}

// open sends the browser to the authorization endpoint.
func (p *party) open(changes ...string) *servertest.Page {
	p.t.Helper()
	return p.browser.Get("/oauth2/authorize?" + p.ask(changes...).Encode())
}

func pathOf(page *servertest.Page) string {
	u, err := url.Parse(page.Path)
	if err != nil {
		return page.Path
	}
	return u.Path
}

// isAnswer reports whether a page takes the browser to the client.
func isAnswer(page *servertest.Page) bool {
	return page.Left != nil || slices.ContainsFunc(page.Forms, func(f *servertest.Form) bool { return f.Values.Has("iss") })
}

// pass does what the pages ask the person for, and returns the one that takes them
// to the client, with the paths of those before it.
func (p *party) pass(page *servertest.Page) (last *servertest.Page, seen []string) {
	p.t.Helper()
	for !isAnswer(page) {
		path := pathOf(page)
		if seen = append(seen, path); len(seen) > 4 {
			p.t.Fatalf("pages without end: %v", seen)
		}
		switch path {
		case "/sign-in":
			page = page.SignIn(suiteEmail, suitePassword)
		case "/consent":
			page = page.Approve("")
		default:
			p.t.Fatalf("%d %s is no page to pass\n%s", page.Status, page.Path, page.Body)
		}
	}
	return page, seen
}

// callback returns the parameters of an authorization response that came in the way
// that was asked for, by state and issuer to this request.
func (p *party) callback(page *servertest.Page) url.Values {
	p.t.Helper()
	var answer url.Values
	switch {
	case p.mode != "form_post":
		if page.Left == nil || page.Status != http.StatusSeeOther && page.Status != http.StatusFound {
			p.t.Fatalf("%d %s is no redirect to the client\n%s", page.Status, page.Path, page.Body)
		}
		answer = page.Left.Query()
		if at, _, _ := strings.Cut(page.Left.String(), "?"); at != suiteCallback || page.Left.Fragment != "" {
			p.t.Errorf("the answer went to %s", page.Left)
		}
	case page.Left != nil || len(page.Forms) != 1 || page.Status != http.StatusOK:
		p.t.Fatalf("%d %s, left for %v: not one form for the client\n%s", page.Status, page.Path, page.Left, page.Body)
	default: // Form Post Response Mode §2: a form that posts itself
		if answer = page.Forms[0].Values; page.Forms[0].Action != suiteCallback || !strings.Contains(page.Body, `method="post" action="`+suiteCallback) {
			p.t.Errorf("the form goes to %s", page.Forms[0].Action)
		}
		if !strings.Contains(page.Body, "submit.js") || page.Header.Get("Cache-Control") != "no-store" {
			p.t.Error("the form does not post itself, or is kept")
		}
	}
	for name, values := range answer {
		if len(values) != 1 {
			p.t.Errorf("%s is there %d times", name, len(values))
		}
	}
	if answer.Get("state") != p.asked.Get("state") || answer.Get("iss") != suiteIssuer {
		p.t.Errorf("state %q, iss %q", answer.Get("state"), answer.Get("iss"))
	}
	return answer
}

// code returns the authorization code of a successful response.
func (p *party) code(page *servertest.Page) string {
	p.t.Helper()
	answer := p.callback(page)
	for name := range answer {
		if !slices.Contains([]string{"code", "state", "iss"}, name) {
			p.t.Errorf("%s=%s in a successful response", name, answer.Get(name))
		}
	}
	if answer.Get("code") == "" {
		p.t.Fatalf("no code: %v", answer)
	}
	return answer.Get("code")
}

// refused checks an error response (OpenID Connect Core §3.1.2.6): one of the
// codes, nothing but an error, and a description of what RFC 6749 §4.1.2.1 allows.
func (p *party) refused(page *servertest.Page, codes ...string) {
	p.t.Helper()
	answer := p.callback(page)
	if !slices.Contains(codes, answer.Get("error")) {
		p.t.Errorf("error %q, want one of %v", answer.Get("error"), codes)
	}
	for name := range answer {
		if !slices.Contains([]string{"error", "error_description", "error_uri", "state", "iss"}, name) {
			p.t.Errorf("%s in an error response", name)
		}
	}
	described(p.t, answer.Get("error_description"))
}

func described(t *testing.T, text string) {
	t.Helper()
	if strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r > 0x7e || r == '"' || r == '\\' }) {
		t.Errorf("error_description %q", text)
	}
}

// needsPages are the errors of a request that forbade pages.
var needsPages = []string{"interaction_required", "login_required", "account_selection_required", "consent_required"}

// token sends a request to the token endpoint as the client.
func (p *party) token(body fields) wireAnswer {
	p.t.Helper()
	if p.post {
		return p.send(http.MethodPost, "/oauth2/token", body.with("client_id", p.id, "client_secret", p.secret).form(), formType)
	}
	return p.send(http.MethodPost, "/oauth2/token", body.form(), formType, basic(p.id, p.secret))
}

func (p *party) redeem(code string, more ...string) wireAnswer {
	p.t.Helper()
	return p.token(fields{"grant_type": "authorization_code", "code": code, "redirect_uri": suiteCallback}.with(more...))
}

// issued reads a successful token response (RFC 6749 §5.1).
func (p *party) issued(answer wireAnswer) *suiteTokens {
	p.t.Helper()
	answer.is(http.StatusOK)
	if media := answer.header.Get("Content-Type"); !strings.HasPrefix(media, "application/json") {
		p.t.Errorf("Content-Type %q", media)
	}
	if answer.header.Get("Cache-Control") != "no-store" || !slices.Contains([]string{"", "no-cache"}, answer.header.Get("Pragma")) {
		p.t.Errorf("Cache-Control %q, Pragma %q", answer.header.Get("Cache-Control"), answer.header.Get("Pragma"))
	}
	seconds, ok := answer.member("expires_in").(json.Number)
	if lifetime, err := seconds.Int64(); !ok || err != nil || lifetime <= 0 {
		p.t.Errorf("expires_in %v", answer.member("expires_in"))
	}
	if kind, _ := answer.member("token_type").(string); !strings.EqualFold(kind, "Bearer") {
		p.t.Errorf("token_type %q", kind)
	}
	got := &suiteTokens{access: answer.token("access_token"), id: answer.token("id_token")}
	got.refresh, _ = answer.member("refresh_token").(string)
	return got
}

// proved checks an ID token by two other implementations (OpenID Connect Core
// §3.1.3.7).
func (p *party) proved(got *suiteTokens, nonce string) {
	p.t.Helper()
	algorithm, claims := p.IDToken(p.t, got.id)
	got.claims = claims
	if algorithm != string(jose.RS256) {
		p.t.Errorf("alg %s", algorithm)
	}
	verifier := oidc.NewVerifier(suiteIssuer, p.keySet(), &oidc.Config{ClientID: p.id, Now: p.Clock.Now})
	token, err := verifier.Verify(p.t.Context(), got.id)
	if err != nil {
		p.t.Fatal(err)
	}
	if token.Nonce != nonce {
		p.t.Errorf("nonce %q, want %q", token.Nonce, nonce)
	}
	if err := token.VerifyAccessToken(got.access); err != nil || token.AccessTokenHash == "" {
		p.t.Errorf("at_hash: %v", err)
	}
	if skew := token.IssuedAt.Sub(p.Clock.Now()); token.Subject == "" || len(token.Subject) > 255 || skew > 0 || skew < -5e9 {
		p.t.Errorf("sub %q, iat %s", token.Subject, token.IssuedAt)
	}
	for name, claim := range claims {
		if slices.Contains([]string{"acr", "sid", "sub", "iss", "nonce"}, name) {
			if _, ok := claim.(string); !ok {
				p.t.Errorf("%s is a %T", name, claim)
			}
		}
	}
}

// keySet is what the server publishes.
func (p *party) keySet() oidc.KeySet {
	p.t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(p.get("/.well-known/jwks.json").is(http.StatusOK).text), &set); err != nil {
		p.t.Fatal(err)
	}
	keys := &oidc.StaticKeySet{}
	for _, key := range set.Keys {
		keys.PublicKeys = append(keys.PublicKeys, crypto.PublicKey(key.Key))
	}
	return keys
}

// userInfo checks an answer of the userinfo endpoint (OpenID Connect Core §5.3.2).
func (p *party) userInfo(got *suiteTokens, answer wireAnswer) map[string]any {
	p.t.Helper()
	answer.is(http.StatusOK)
	if media := answer.header.Get("Content-Type"); !strings.HasPrefix(media, "application/json") {
		p.t.Errorf("Content-Type %q", media)
	}
	claims, _ := answer.decode().(map[string]any)
	if claims["sub"] != got.claims["sub"] {
		p.t.Errorf("sub %v at userinfo, %v in the ID token", claims["sub"], got.claims["sub"])
	}
	return claims
}

// complete ends a flow whose pages are passed: code, tokens, ID token, userinfo.
func (p *party) complete(page *servertest.Page, more ...string) *suiteTokens {
	p.t.Helper()
	code := p.code(page)
	got := p.issued(p.redeem(code, more...))
	got.code = code
	p.proved(got, p.asked.Get("nonce"))
	p.userInfo(got, p.get("/oauth2/userinfo", bearer(got.access)))
	return got
}

// flow is a whole flow, with whatever pages it needs.
func (p *party) flow(changes ...string) *suiteTokens {
	p.t.Helper()
	page, seen := p.pass(p.open(changes...))
	got := p.complete(page)
	got.pages = seen
	return got
}
