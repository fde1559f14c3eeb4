package server_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// claimsOf are the claims of a scope (OpenID Connect Core §5.4); a person who has
// them all gets them all.
var claimsOf = map[string]string{
	"openid": "sub",
	"profile": "name given_name family_name middle_name nickname profile picture website gender birthdate zoneinfo locale " +
		"updated_at preferred_username",
	"email": "email email_verified", "address": "address", "phone": "phone_number phone_number_verified", "offline_access": "",
}

var claimModules = []module{
	{"oidcc-scope-profile", func(p *party) { p.scope("openid profile") }},
	{"oidcc-scope-email", func(p *party) { p.scope("openid email") }},
	{"oidcc-scope-address", func(p *party) { p.scope("openid address") }},
	{"oidcc-scope-phone", func(p *party) { p.scope("openid phone") }},
	{"oidcc-scope-all", func(p *party) { p.scope("openid profile email address phone offline_access") }},
	{"oidcc-ensure-other-scope-order-succeeds", func(p *party) { p.scope("email openid") }},
	{"oidcc-claims-essential", func(p *party) {
		got := p.flow("claims", `{"userinfo":{"name":{"essential":true}}}`)
		info := p.userInfo(got, p.get("/oauth2/userinfo", bearer(got.access)))
		p.standard(info)
		if info["name"] != "Conny Formance" {
			p.t.Errorf("userinfo has the name %v", info["name"])
		}
		if got.claims["name"] != nil { // it was asked for elsewhere
			p.t.Errorf("the ID token has the name %v", got.claims["name"])
		}
	}},
}

// scope asks for a scope and checks that userinfo has its claims and no others.
func (p *party) scope(scope string) {
	p.t.Helper()
	got := p.flow("scope", scope)
	info := p.userInfo(got, p.get("/oauth2/userinfo", bearer(got.access)))
	p.standard(info)
	wanted := map[string]bool{}
	for one := range strings.FieldsSeq(scope) {
		for claim := range strings.FieldsSeq(claimsOf[one]) {
			if wanted[claim] = true; info[claim] == nil {
				p.t.Errorf("%s is missing", claim)
			}
		}
	}
	for claim := range info {
		if !wanted[claim] {
			p.t.Errorf("%s was not asked for", claim)
		}
	}
}

var birthdates = regexp.MustCompile(`^([0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})$`)

// standard checks the types and forms of OpenID Connect Core §5.1.
func (p *party) standard(info map[string]any) {
	p.t.Helper()
	for name, value := range info {
		ok := false
		switch name {
		case "email_verified", "phone_number_verified":
			_, ok = value.(bool)
		case "updated_at":
			seconds, _ := value.(json.Number)
			at, err := seconds.Int64()
			ok = err == nil && !time.Unix(at, 0).After(p.Clock.Now())
		case "address":
			var address map[string]any
			if address, ok = value.(map[string]any); ok {
				_, ok = address["formatted"].(string)
			}
		case "birthdate":
			text, _ := value.(string)
			ok = birthdates.MatchString(text)
		default:
			text, isText := value.(string)
			ok = isText && text != ""
		}
		if !ok {
			p.t.Errorf("%s: %v (%T)", name, value, value)
		}
	}
}

var codeModules = []module{
	{"oidcc-codereuse", func(p *party) {
		got := p.flow()
		p.reused(got)
	}},
	{"oidcc-codereuse-30seconds", func(p *party) {
		got := p.flow()
		p.Clock.Advance(30 * time.Second)
		p.get("/oauth2/userinfo", bearer(got.access)).is(http.StatusOK)
		p.reused(got)
		if answer := p.get("/oauth2/userinfo", bearer(got.access)); answer.status != http.StatusUnauthorized { // RFC 6749 §4.1.2
			p.t.Errorf("the access token of a code that was used twice: %d", answer.status)
		}
	}},
	{"oidcc-server-client-secret-post", func(p *party) {
		p.post = true
		p.flow()
	}},
	{"oidcc-refresh-token", func(p *party) {
		p.refreshes()
		second := p.party(p.t, p.mode)
		second.browser = p.browser
		second.id, second.secret = "conformance-2", "conformance-secret-of-the-second-client"
		of := second.refreshes()
		invalidGrant(p, p.token(fields{"grant_type": "refresh_token", "refresh_token": of.refresh}))
	}},
}

// reused presents the code of a flow again.
func (p *party) reused(got *suiteTokens) {
	p.t.Helper()
	invalidGrant(p, p.redeem(got.code))
}

func invalidGrant(p *party, answer wireAnswer) {
	p.t.Helper()
	if answer.is(http.StatusBadRequest); answer.member("error") != "invalid_grant" {
		p.t.Errorf("error %v", answer.member("error"))
	}
	if media := answer.header.Get("Content-Type"); !strings.HasPrefix(media, "application/json") {
		p.t.Errorf("Content-Type %q", media)
	}
	if text, ok := answer.member("error_description").(string); ok {
		described(p.t, text)
	}
}

var (
	accessTokenText  = regexp.MustCompile(`^[\x20-\x7e]+$`) // RFC 6749 Appendix A.12, A.17
	longEnoughSecret = regexp.MustCompile(`^[\x20-\x7e]{32,}$`)
)

// refreshes gets a refresh token and redeems it (OpenID Connect Core §12), and
// returns what it became.
func (p *party) refreshes() *suiteTokens {
	p.t.Helper()
	first := p.flow("scope", "openid offline_access", "prompt", "consent", "nonce", strings.Repeat("n", 43))
	if !accessTokenText.MatchString(first.access) || !longEnoughSecret.MatchString(first.refresh) {
		p.t.Fatalf("access token %q, refresh token %q", first.access, first.refresh)
	}
	p.Clock.Advance(time.Second)
	second := p.issued(p.token(fields{"grant_type": "refresh_token", "refresh_token": first.refresh, "scope": "openid offline_access"}))
	if second.access == first.access || !longEnoughSecret.MatchString(second.refresh) {
		p.t.Errorf("the same access token again, or refresh token %q", second.refresh)
	}
	p.proved(second, "") // §12.2: it should have none, even where the first one had
	for _, claim := range []string{"iss", "sub", "aud", "auth_time", "azp"} {
		if first.claims[claim] != second.claims[claim] {
			p.t.Errorf("%s: first %v, then %v", claim, first.claims[claim], second.claims[claim])
		}
	}
	if first.claims["iat"] == second.claims["iat"] {
		p.t.Error("iat is that of the first ID token")
	}
	p.userInfo(second, p.get("/oauth2/userinfo", bearer(second.access)))
	return second
}
