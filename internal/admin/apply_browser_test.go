package admin

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

const registered = `
clients:
  - id: site
    name: Site
    secret: site-secret
    grant_types: [authorization_code, refresh_token]
    scopes: openid
    redirect_uris: ["https://site.example/cb", "https://site.example/other"]
    without_pkce: true
    response_modes: [query]
    connects: nothing
    skip_consent: true
    issues_refresh: offline_access
    id_token_algorithm: EdDSA
    subject_type: pairwise
    backchannel_logout_uri: https://site.example/logout
    policy_uri: https://site.example/privacy
    terms_uri: https://site.example/terms
`

func TestApplyRegistersForTheBrowserFlow(t *testing.T) {
	onEach(t, base+strings.TrimPrefix(registered, "\nclients:\n"), func(t *testing.T, s *Service) {
		want := core.Browser{
			WithoutPKCE: true, ResponseModes: []string{"query"}, Connects: "nothing", SkipConsent: true,
			IssuesRefresh: "offline_access", IDTokenAlgorithm: "EdDSA", PairwiseSector: "site.example",
			LogoutURI: "https://site.example/logout", PolicyURI: "https://site.example/privacy", TermsURI: "https://site.example/terms",
		}
		client := must[*core.Client](t)(s.Store.Client(t.Context(), "site"))
		if diff := cmp.Diff(want, client.Browser); diff != "" {
			t.Error(diff)
		}
		if plan := s.mustApply(t, registered); plan.Changed() {
			t.Errorf("again:\n%s", plan)
		}
		plan := s.mustApply(t, "clients: [{id: site, skip_consent: false, connects: '', subject_type: public, policy_uri: ''}]")
		fields := changes(plan)["change client site"]
		if diff := cmp.Diff([]string{`connects: nothing -> ""`, "skip_consent: true -> false",
			"subject_type: pairwise (site.example) -> public", `policy_uri: https://site.example/privacy -> ""`}, fields); diff != "" {
			t.Error(diff)
		}
	})
}

// A sector stays when the redirect URIs change: the subjects that a client knows
// are made from it.
func TestSectors(t *testing.T) {
	s := onSQLite(t, registered)
	for _, step := range []struct{ yaml, sector string }{
		{"{id: site, redirect_uris: ['https://site.example/cb', 'https://elsewhere.example/cb']}", "site.example"},
		{"{id: site, subject_type: pairwise}", "site.example"},
		{"{id: site, sector_identifier: group.example}", "group.example"},
		{"{id: site, subject_type: public}", ""},
		{"{id: site, subject_type: pairwise, redirect_uris: [], redirect_hosts: [site.example], skip_consent: false}", "site.example"},
	} {
		s.mustApply(t, "clients: ["+step.yaml+"]")
		if c := must[*core.Client](t)(s.Store.Client(t.Context(), "site")); c.Browser.PairwiseSector != step.sector {
			t.Errorf("%s: sector %q", step.yaml, c.Browser.PairwiseSector)
		}
	}
}

func TestA08_A11_WhatABrowserClientMustBe(t *testing.T) {
	s := onSQLite(t, base)
	for _, c := range []struct{ name, fields, want string }{
		{"A11 response mode", "response_modes: [fragment]", "fragment must be one of [query form_post]"},
		{"connects", "connects: all", "connects must be one of [account nothing]"},
		{"refresh", "issues_refresh: sometimes", "issues_refresh must be one of [always offline_access never]"},
		{"C01 algorithm", "id_token_algorithm: none", "id_token_algorithm must be one of [ES256 EdDSA RS256]"},
		{"subject type", "subject_type: private", "subject_type must be one of [public pairwise]"},
		{"sector of public subjects", "sector_identifier: a.example", "sector_identifier goes with subject_type: pairwise"},
		{"sector with a scheme", "subject_type: pairwise, sector_identifier: 'https://a.example'", "sector_identifier is not a host name"},
		{"sector of two hosts", "subject_type: pairwise, redirect_uris: ['https://a.example/', 'https://b.example/']", "sector_identifier is missing"},
		{"sector of an app", "subject_type: pairwise, redirect_uris: ['com.example.app://a/cb']", "sector_identifier is missing"},
		{"A08 policy", "policy_uri: 'JaVaScRiPt:alert(1)'", "policy_uri must be an https URL"},
		{"A08 policy without a host", "policy_uri: 'https:alert(1)'", "policy_uri must be an https URL"},
		{"A08 terms", "terms_uri: 'data:text/html,x'", "terms_uri must be an https URL"},
		{"A08 terms over http", "terms_uri: 'http://a.example/'", "terms_uri must be an https URL"},
		{"A08 logout", "backchannel_logout_uri: 'javascript://a.example/%0aalert(1)'", "backchannel_logout_uri must be https"},
		{"logout over http", "backchannel_logout_uri: 'http://a.example/'", "backchannel_logout_uri must be https"},
		{"logout with a fragment", "backchannel_logout_uri: 'https://a.example/#x'", "backchannel_logout_uri must be an https URL"},
		{"logout with a user", "backchannel_logout_uri: 'https://u:p@a.example/'", "backchannel_logout_uri must be an https URL"},
		{"A13 public without PKCE", "kind: public, without_pkce: true", "without_pkce: A public client must use PKCE."},
		{"SD_3 hosts beside exact URIs", "redirect_uris: ['https://a.example/'], redirect_hosts: [a.example]", "redirect_hosts: A client has exact redirect URIs or redirect hosts, not both."},
		{"nobody asked which company", "skip_consent: true, connects: account", "skip_consent: A client that is connected to companies must ask which one."},
		{"an app that is not asked", "kind: public, skip_consent: true, redirect_uris: ['com.example.app://cb']", "skip_consent: A public client"},
		{"a loopback client that is not asked", "kind: public, skip_consent: true, redirect_uris: ['http://127.0.0.1/cb']", "skip_consent: A public client"},
	} {
		_, err := s.apply(t, "clients: [{id: a, name: A, "+c.fields+"}]")
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	s.mustApply(t, "clients: [{id: a, name: A, backchannel_logout_uri: 'http://127.0.0.1:9000/logout'}]")
}

// CreateClient goes through the same checks.
func TestA08_CreatedClientsAreChecked(t *testing.T) {
	s := onSQLite(t, shop)
	for param, change := range map[string]func(*NewClient){
		"terms_uri":              func(n *NewClient) { n.Browser.TermsURI = "JaVaScRiPt:alert(1)" },
		"policy_uri":             func(n *NewClient) { n.Browser.PolicyURI = "data:text/html,x" },
		"backchannel_logout_uri": func(n *NewClient) { n.Browser.LogoutURI = "http://a.example/" },
		"response_modes":         func(n *NewClient) { n.Browser.ResponseModes = []string{"fragment"} },
		"id_token_algorithm":     func(n *NewClient) { n.Browser.IDTokenAlgorithm = "HS256" },
		"sector_identifier":      func(n *NewClient) { n.Browser.PairwiseSector = "*.a.example" },
		"without_pkce":           func(n *NewClient) { n.Kind, n.Browser.WithoutPKCE = core.Public, true },
	} {
		_, _, err := s.CreateClient(t.Context(), cli, partner(change))
		refused(t, err, oauth.ReasonInvalidValue, param)
	}
	client, _, err := s.CreateClient(t.Context(), cli, partner(func(n *NewClient) { n.Browser.LogoutURI = "https://a.example/" }))
	if err != nil || must[*core.Client](t)(s.Store.Client(t.Context(), client.ID)).Browser.LogoutURI != "https://a.example/" {
		t.Error(err)
	}
}

const profiled = `
people:
  - email: jane@claims.example
    email_verified: true
    phone: "+6421000001"
    phone_verified: true
    profile: {nickname: Jane, address: "1 Queen Street\nAuckland", birthdate: "0000-02-29", zoneinfo: Pacific/Auckland, locale: en-NZ, website: "https://jane.example"}
`

func TestApplySetsProfiles(t *testing.T) {
	onEach(t, profiled, func(t *testing.T, s *Service) {
		jane := must[*core.User](t)(s.Store.PersonBy(t.Context(), "jane@claims.example"))
		want := map[string]string{"nickname": "Jane", "address": "1 Queen Street\nAuckland", "birthdate": "0000-02-29",
			"zoneinfo": "Pacific/Auckland", "locale": "en-NZ", "website": "https://jane.example"}
		if diff := cmp.Diff(want, jane.Profile); diff != "" || !jane.UpdatedAt.Equal(noon) {
			t.Error(diff, jane.UpdatedAt)
		}
		later := noon.Add(time.Hour)
		s.Now = func() time.Time { return later }
		if plan := s.mustApply(t, profiled); plan.Changed() {
			t.Errorf("again:\n%s", plan)
		}
		if same := must[*core.User](t)(s.Store.User(t.Context(), jane.ID)); !same.UpdatedAt.Equal(noon) {
			t.Errorf("nothing changed, updated at %s", same.UpdatedAt)
		}
		s.mustApply(t, "people: [{email: jane@claims.example, given_name: Jane, profile: {nickname: J}}]")
		changed := must[*core.User](t)(s.Store.User(t.Context(), jane.ID))
		if !changed.UpdatedAt.Equal(later) || len(changed.Profile) != 1 {
			t.Errorf("%+v", changed)
		}
	})
}

func TestProfileProblems(t *testing.T) {
	s := onSQLite(t, base)
	for fields, want := range map[string]string{
		"sub: x":                         "there is no claim sub; there are middle_name, nickname",
		"email: a@b.example":             "there is no claim email",
		"updated_at: '5'":                "there is no claim updated_at",
		"picture: 'JaVaScRiPt:alert(1)'": "picture is not the address of a website",
		"website: 'data:text/html,x'":    "website is not the address of a website",
		"birthdate: 22/11/1976":          "birthdate must be a date",
		"birthdate: '1976-02-30'":        "birthdate must be a date",
		"zoneinfo: ../../etc":            "zoneinfo is not a time zone",
		"locale: 'en; q=1'":              "locale is not a language",
		`nickname: "a\nb"`:               "nickname holds a character that cannot be printed",
		"nickname: ''":                   "nickname must have 1 to 300 bytes",
	} {
		_, err := s.apply(t, "people: [{email: a@b.example, profile: {"+fields+"}}]")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", fields, err, want)
		}
	}
}

// CP-10: a number that takes the place of a verified one is not verified.
func TestCP_10_NewAddressesAreNotVerified(t *testing.T) {
	s := onSQLite(t, profiled)
	s.mustApply(t, `people: [{email: jane@claims.example, phone: "+6421000002"}]`)
	jane := must[*core.User](t)(s.Store.PersonBy(t.Context(), "jane@claims.example"))
	if jane.PhoneVerified || !jane.EmailVerified {
		t.Errorf("%+v", jane)
	}
	s.mustApply(t, `people: [{email: jane@claims.example, phone: "+6421000003", phone_verified: true}]`)
	s.mustApply(t, `people: [{phone: "+6421000003", email: new@claims.example}]`)
	jane = must[*core.User](t)(s.Store.PersonBy(t.Context(), "new@claims.example"))
	if !jane.PhoneVerified || jane.EmailVerified {
		t.Errorf("%+v", jane)
	}
}

// E19: a password that a file replaces ends the sessions of before, and no others.
func TestE19_ReplacedPasswordsEndSessions(t *testing.T) {
	onEach(t, "people: [{email: a@b.example, password: first}, {email: c@d.example, password: other}]", func(t *testing.T, s *Service) {
		for _, email := range []string{"a@b.example", "c@d.example"} {
			user := must[*core.User](t)(s.Store.PersonBy(t.Context(), email))
			session := &core.Session{ID: "ses_" + email[:1], UserID: user.ID, Hash: []byte("hash"), CreatedAt: noon, SeenAt: noon, ExpiresAt: noon.Add(time.Hour)}
			if err := s.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertSession(session) }); err != nil {
				t.Fatal(err)
			}
		}
		alive := func(id string) bool {
			return must[*core.Session](t)(s.Store.Session(t.Context(), id)).Alive(noon)
		}
		s.mustApply(t, "people: [{email: a@b.example, password: first, full_name: A}]")
		if !alive("ses_a") {
			t.Error("a session ended although the password stayed")
		}
		s.mustApply(t, "people: [{email: a@b.example, password: second}]")
		if alive("ses_a") || !alive("ses_c") {
			t.Errorf("alive after the change: hers %v, another's %v", alive("ses_a"), alive("ses_c"))
		}
		s.expectEvents(t, core.SessionEnded)
	})
}
