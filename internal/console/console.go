package console

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"claviger/internal/admin"
	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/internal/store"
	"claviger/internal/web"
	"claviger/oauth"
)

// Console serves the pages of people who are signed in. All fields are set once,
// by the composition root.
type Console struct {
	Issuer   string
	Store    *store.Store
	Admin    *admin.Service
	Sessions *authn.Sessions
	People   *authn.People
	Factors  *authn.Factors
	Dialects []*dialect.Dialect
	Pages    *web.Pages
	Log      *slog.Logger
	Now      func() time.Time
	Operator Operator
}

// page is a request of somebody who is signed in.
type page struct {
	w        http.ResponseWriter
	r        *http.Request
	form     map[string]string // of a POST; else nil
	signedIn *authn.SignedIn
	locale   string

	// Of the pages of an organisation alone.
	organisation *core.Organisation
	may          *admin.Sections
}

// handle makes a handler for a page at path; empty: at that of the request. Whoever is
// not signed in does that first, and comes back. The fields of its forms that are named
// in lists may have several values, see page.list.
func (c *Console) handle(path string, serve func(*page) error, lists ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &page{w: w, r: r, locale: c.Pages.Locale(r, r.URL.Query().Get("ui_locales"))}
		err := c.read(p, lists...)
		if err == nil {
			p.signedIn, err = c.Sessions.Of(r)
		}
		if err == nil && p.signedIn == nil {
			c.to(p, web.PathSignIn, url.Values{"return_to": {cmp.Or(path, p.here())}})
			return
		}
		if err == nil {
			err = serve(p)
		}
		if err != nil {
			c.Pages.RenderError(w, r, oauth.Failed(c.Log, r, err))
		}
	})
}

// read reads the form of a POST, of which each source may send so many, whoever it is.
func (c *Console) read(p *page, lists ...string) (err error) {
	if p.r.Method != http.MethodPost {
		return nil
	}
	if err = c.People.Authenticator.Limits.Source(oauth.SourceOf(p.r.Context()).IP); err == nil {
		p.form, err = authn.ReadForm(p.w, p.r, lists...)
	}
	return err
}

// list returns the values of a field that may have several.
func (p *page) list(name string) []string { return strings.Fields(p.form[name]) }

// to redirects within this server.
func (c *Console) to(p *page, path string, query url.Values) {
	if chosen := p.r.URL.Query().Get("ui_locales"); chosen != "" {
		query.Set("ui_locales", chosen)
	}
	p.w.Header().Set("Cache-Control", "no-store")
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	http.Redirect(p.w, p.r, c.Issuer+path, http.StatusSeeOther)
}

// done goes back to a page, which says what was done.
func (c *Console) done(p *page, path, notice string) error {
	c.to(p, path, url.Values{"done": {notice}})
	return nil
}

// notices are what a page may say that was done.
var notices = []string{
	"password_changed", "phone_verified", "email_verified", "session_ended", "app_revoked", "connection_ended",
	"passkey_added", "passkey_removed", "app_added", "app_removed",
	"joined", "invitation_sent", "invitation_withdrawn", "member_changed", "member_removed", "member_left",
	"role_created", "role_changed", "role_deleted", "settings_saved",
	"key_changed", "key_enabled", "key_disabled", "key_revoked", "service_changed", "service_enabled", "service_disabled", "service_role",
}

// notice is the text of what was done just now.
func notice(p *page) string {
	if done := p.r.URL.Query().Get("done"); slices.Contains(notices, done) || slices.Contains(operatorNotices, done) {
		return "notice." + done
	}
	return ""
}

// actor is the person as the management operations know them.
func (p *page) actor() admin.Actor {
	return admin.Actor{Authorization: &core.Authorization{User: p.signedIn.User}, Source: oauth.SourceOf(p.r.Context())}
}
