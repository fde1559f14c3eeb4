package console

import (
	"net/http"
	"net/url"
	"time"

	"claviger/internal/authorize"
	"claviger/internal/web"
)

// How long after proving who they are people may change who gets in: others, by keys
// and roles, or they themselves, by addresses and factors.
const (
	toLetIn = time.Hour
	toGetIn = 10 * time.Minute
)

// provedWithin reports whether the person proved who they are in that time.
func (c *Console) provedWithin(p *page, window time.Duration) bool {
	return c.Now().Sub(p.signedIn.Session.AuthenticatedAt) <= window
}

// provedLately sends somebody who signed in a while ago to do it again, and reports
// whether they need not.
func (c *Console) provedLately(p *page) bool {
	if c.provedWithin(p, toLetIn) {
		return true
	}
	c.to(p, web.PathSignIn, url.Values{"return_to": {p.here()}})
	return false
}

// here is where a person comes back to after a sign-in: to the whole address of a page;
// of a form, which is lost by then, to its path.
func (p *page) here() string {
	if whole := p.r.URL.RequestURI(); p.r.Method == http.MethodGet && authorize.ComesBack(whole) {
		return whole
	}
	return p.r.URL.Path
}

// mustProve returns the page where a person has to prove more before they change how
// they can be reached or what they can prove, which is a way to get back in (E12): who
// they are, where that is a while ago; a second factor that they have set up; where
// there is none, that they hold an address or number that is verified, if they have
// one. Empty: nothing more.
func (c *Console) mustProve(p *page) (path string, err error) {
	session, user := p.signedIn.Session, p.signedIn.User
	if !c.provedWithin(p, toGetIn) {
		return web.PathSignIn, nil
	}
	factors, err := c.Factors.Of(p.r.Context(), user.ID)
	if err != nil || provedAll(session, user, factors) {
		return "", err
	}
	return web.PathStepUp, nil
}
