package clients

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// user is what the page shows of the person who signed in.
type user struct {
	Sub     string `json:"sub"`
	Email   string `json:"email"`
	Scope   string `json:"scope"`
	Access  string `json:"access"`
	Refresh string `json:"refresh"`
	Error   string `json:"error"`
}

// reply is what the page shows of an answer that it read.
type reply struct {
	Status    int
	Challenge string
}

// newPage starts a server and the site with the page of oidc-client-ts.
func newPage(t *testing.T) (*installation, *tab) {
	t.Helper()
	i := newInstallation(t)
	library := filepath.Join(nodePackages(t), "oidc-client-ts", "dist", "browser")
	i.pages.Handle("GET /oidc-client-ts.min.js", http.FileServer(http.Dir(library)))
	i.pages.Handle("GET /app.js", http.FileServer(http.Dir("pages")))
	i.pages.HandleFunc("GET /settings.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprintf(w, "const settings = { issuer: %q }\n", i.issuer)
	})
	i.pages.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "pages/index.html") })
	return i, newTab(t)
}

// The whole life of a person in a website: sign-in, renewal by refresh token,
// revocation, sign-out.
func TestCP_7_BrowserWithRefreshToken(t *testing.T) {
	i, b := newPage(t)
	b.open(i.site + "/page/")
	b.click("[name=sign-in]")
	b.signIn(person, i.secret)
	b.click("[value=approve]")
	first := decode[user](b, "#callback")
	if first.Email != person || first.Sub == "" || first.Refresh == "" {
		t.Errorf("signed in as %+v", first)
	}
	b.click("[name=renew]")
	second := decode[user](b, "#renew")
	if second.Error != "" || second.Sub != first.Sub || second.Access == first.Access || second.Refresh == first.Refresh {
		t.Errorf("renewed to %+v, from %+v", second, first)
	}
	b.click("[name=user-info]")
	if got := decode[reply](b, "#user-info"); got.Status != http.StatusOK {
		t.Errorf("userinfo: %+v", got)
	}
	if said := b.Heard(); len(said) > 0 {
		t.Errorf("the console: %q", said)
	}
	b.click("[name=revoke]")
	b.waitFor("#revoke")
	b.click("[name=user-info]")
	if got := decode[reply](b, "#user-info"); got.Status != http.StatusUnauthorized || !strings.Contains(got.Challenge, "invalid_token") {
		t.Errorf("userinfo for a revoked token: %+v", got)
	}
	b.signOut()
	b.click("[name=sign-in]") // nobody is signed in there any more, and nothing new is asked
	b.signIn(person, i.secret)
	if got := decode[user](b, "#callback"); got.Sub != first.Sub {
		t.Errorf("signed in again as %+v", got)
	}
}

// A website that gets no refresh token renews in a frame, by the session at the
// server.
func TestCP_7_BrowserWithoutRefreshToken(t *testing.T) {
	i, b := newPage(t)
	b.open(i.site + "/framed/")
	b.click("[name=sign-in]")
	b.signIn(person, i.secret)
	b.click("[value=approve]")
	first := decode[user](b, "#callback")
	if first.Email != person || first.Refresh != "" {
		t.Errorf("signed in as %+v", first)
	}
	b.click("[name=renew]")
	if got := decode[user](b, "#renew"); got.Error != "" || got.Sub != first.Sub || got.Access == first.Access {
		t.Errorf("renewed to %+v, from %+v", got, first)
	}
	if said := b.Heard(); len(said) > 0 {
		t.Errorf("the console: %q", said)
	}
	b.signOut()
	b.click("[name=renew]")
	if got := decode[user](b, "#renew"); got.Error != "login_required" {
		t.Errorf("renewed after signing out: %+v", got)
	}
}

// signOut leaves by way of the server, which sends the person back.
func (b *tab) signOut() {
	b.t.Helper()
	b.click("[name=sign-out]")
	if got := b.text("#signed-out"); got != `{"state":"bye"}` {
		b.t.Errorf("signed out: %s", got)
	}
}

// The sign-in in a window of its own, which closes when it is done.
func TestCP_7_BrowserInAWindow(t *testing.T) {
	i, b := newPage(t)
	b.open(i.site + "/framed/")
	opened := chromedp.WaitNewTarget(b.ctx, func(info *target.Info) bool { return info.Type == "page" })
	b.click("[name=pop-up]")
	window := openTab(t, b.ctx, chromedp.WithTargetID(<-opened))
	window.signIn(person, i.secret)
	window.waitFor("[value=approve]")
	if window.evaluate(`String(window.opener === null)`) == "true" { // other libraries than this one need it
		t.Error("the page has let go of the page that opened it")
	}
	window.click("[value=approve]")
	if got := decode[user](b, "#pop-up"); got.Email != person {
		t.Errorf("signed in as %+v", got)
	}
}

// The library works because the origin of its page is registered: from another one
// nothing is to be read but public documents.
func TestH10_BrowserOfAnotherOrigin(t *testing.T) {
	i, b := newPage(t)
	const ask = `Promise.all([
		["GET", "/.well-known/openid-configuration"], ["GET", "/.well-known/jwks.json"],
		["POST", "/oauth2/token"], ["POST", "/oauth2/revoke"], ["GET", "/oauth2/userinfo"],
		["POST", "/oauth2/introspect"], ["GET", "/account"], ["GET", "/api/account-memberships"],
	].map(([method, path]) => fetch(settings.issuer + path, {
		method, headers: { Authorization: "Bearer none", "Content-Type": "application/x-www-form-urlencoded" },
	}).then((answer) => answer.status, (error) => error.name))).then((all) => all.join(" "))`
	for site, want := range map[string]string{
		i.site: "200 200 401 401 401 TypeError TypeError TypeError",
		strings.Replace(i.site, "localhost", "127.0.0.1", 1): "200 200 TypeError TypeError TypeError TypeError TypeError TypeError",
	} {
		b.open(site + "/page/")
		if got := b.evaluate(ask); got != want {
			t.Errorf("from %s: %s, want %s", site, got, want)
		}
	}
}
