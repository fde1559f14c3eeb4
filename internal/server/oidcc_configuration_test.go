package server_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"claviger/internal/server/servertest"
	"claviger/oauth"
)

// suiteConfiguration is what the suite is given for all plans.
type suiteConfiguration struct {
	Alias  string
	Server struct {
		DiscoveryURL string `json:"discoveryUrl"`
		LoginHint    string `json:"login_hint"`
		UILocales    string `json:"ui_locales"`
	}
	Client, Client2  suiteClient
	ClientSecretPost suiteClient `json:"client_secret_post"`
	Browser          []scriptedVisit
	Override         map[string]struct{ Browser []scriptedVisit }
}

type suiteClient struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
}

func configured(t *testing.T) *suiteConfiguration {
	t.Helper()
	c := &suiteConfiguration{}
	if err := json.Unmarshal([]byte(readText(t, suiteFiles+"oidcc.json")), c); err != nil {
		t.Fatal(err)
	}
	return c
}

// The suite's configuration has the clients of clients.yaml, and the addresses that
// those are registered with.
func TestOIDCC_ConfigurationHasTheClients(t *testing.T) {
	c, settings := newSuite(t), configured(t)
	if settings.Alias != "claviger" || settings.Server.DiscoveryURL != suiteServer+"/.well-known/openid-configuration" ||
		settings.Server.LoginHint != suiteEmail {
		t.Errorf("%+v", settings)
	}
	if settings.Client.ID == settings.Client2.ID {
		t.Error("client and client2 are one")
	}
	for _, client := range []suiteClient{settings.Client, settings.Client2, settings.ClientSecretPost} {
		refused := fields{"grant_type": oauth.GrantAuthorizationCode, "code": "none", "redirect_uri": suiteCallback}
		if got := c.send(http.MethodPost, "/oauth2/token", refused.form(), formType, basic(client.ID, client.Secret)); got.member("error") != "invalid_grant" {
			t.Errorf("%s: %s", client.ID, got.text)
		}
		stored, err := c.Store.Client(t.Context(), client.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, base := range []string{suiteBase, "https://www.certification.openid.net/test/a/claviger/"} {
			if !slices.Contains(stored.RedirectURIs, base+"callback") || !slices.Contains(stored.PostLogoutURIs, base+"post_logout_redirect") {
				t.Errorf("%s has %v and %v", client.ID, stored.RedirectURIs, stored.PostLogoutURIs)
			}
		}
		if stored.Browser.LogoutURI != suiteBase+"backchannel_logout" || !stored.Browser.WithoutPKCE {
			t.Errorf("%s: %+v", client.ID, stored.Browser)
		}
	}
}

// scriptedModules are the modules that need more than the sign-in of the others:
// what they ask for, and whether a page has to be kept as a picture. "" stands for
// all those that have nothing of their own.
var scriptedModules = map[string]struct {
	ask     []string // of the authorization request
	end     []string // of the sign-out; nil: none
	hint    func(p *party, idToken string) string
	picture bool
}{
	"":                                     {},
	"oidcc-ui-locales":                     {ask: []string{"ui_locales", "fr en"}},
	"oidcc-response-type-missing":          {ask: []string{"response_type", "-"}},
	"oidcc-prompt-none-not-logged-in":      {ask: []string{"prompt", "none"}},
	"oidcc-ensure-registered-redirect-uri": {ask: []string{"redirect_uri", suiteCallback + "/other"}, picture: true},
	"oidcc-ensure-request-object-with-redirect-uri": {
		ask: []string{"redirect_uri", suiteCallback + "/other", "request", "e30.e30."}, picture: true,
	},
	"oidcc-rp-initiated-logout":             {end: []string{"state", "s"}},
	"oidcc-rp-initiated-logout-no-state":    {end: []string{"state", "-"}},
	"oidcc-backchannel-rp-initiated-logout": {end: []string{"state", "s"}},
	"oidcc-rp-initiated-logout-bad-post-logout-redirect-uri": {
		end: []string{"post_logout_redirect_uri", suiteBase + "bad"}, picture: true,
	},
	"oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri": {
		end: []string{"post_logout_redirect_uri", suiteSignOut + "?foo=bar"}, picture: true,
	},
	"oidcc-rp-initiated-logout-modified-id-token-hint": {
		end: []string{"state", "s"}, picture: true, hint: func(_ *party, idToken string) string { return unsignedToken(idToken) },
	},
	"oidcc-rp-initiated-logout-bad-id-token-hint":           {end: []string{"state", "s"}, picture: true, hint: (*party).forged},
	"oidcc-rp-initiated-logout-no-id-token-hint":            {end: []string{"id_token_hint", "-"}, picture: true},
	"oidcc-rp-initiated-logout-no-post-logout-redirect-uri": {end: []string{"post_logout_redirect_uri", "-"}, picture: true},
	"oidcc-rp-initiated-logout-only-state":                  {end: []string{"id_token_hint", "-", "post_logout_redirect_uri", "-"}, picture: true},
	"oidcc-rp-initiated-logout-no-params":                   {end: []string{"id_token_hint", "-", "post_logout_redirect_uri", "-", "state", "-"}, picture: true},
}

// The steps of the configuration lead its browser through our pages, in each module
// to where that has to end.
func TestOIDCC_ConfigurationPassesThePages(t *testing.T) {
	settings, known := configured(t), newSuite(t)
	known.party(t, "").flow() // has approved; in the module "" nobody has
	for name := range settings.Override {
		if _, there := scriptedModules[name]; !there {
			t.Errorf("there is no module %s", name)
		}
	}
	for name, m := range scriptedModules {
		for _, mode := range []string{"", "form_post"} {
			if mode != "" && m.end != nil {
				continue // the logout plans have no such variant
			}
			t.Run(name+" "+mode, func(t *testing.T) {
				c := known
				if name == "" {
					c = newSuite(t)
				}
				s := &scripted{party: c.party(t, mode), visits: settings.Browser}
				if own, has := settings.Override[name]; has {
					s.visits = own.Browser
				}
				s.run(func() *servertest.Page { return s.open(m.ask...) }, "/oauth2/authorize?")
				if m.end != nil {
					s.end(m.end, m.hint)
				}
				if s.picture != m.picture {
					t.Errorf("a page was kept: %v", s.picture)
				}
			})
		}
	}
}

// end signs out after a flow, by the script.
func (s *scripted) end(changes []string, hint func(p *party, idToken string) string) {
	s.t.Helper()
	got := s.complete(s.page)
	if hint != nil {
		changes = append(changes, "id_token_hint", hint(s.party, got.id))
	}
	s.run(func() *servertest.Page { return s.signOut(got, changes...) }, "/oauth2/logout?")
}
