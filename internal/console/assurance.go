package console

import (
	"time"

	"claviger/internal/web"
)

// freshFor is how long after proving who they are a person may change who can get in.
const freshFor = 10 * time.Minute

// mustProve returns the page where a person has to prove more before they change how
// they can be reached or what they can prove, which is a way to get back in (E12): who
// they are, where that is a while ago; a second factor that they have set up; where
// there is none, that they hold an address or number that is verified, if they have
// one. Empty: nothing more.
func (c *Console) mustProve(p *page) (path string, err error) {
	session, user := p.signedIn.Session, p.signedIn.User
	if c.Now().Sub(session.AuthenticatedAt) > freshFor {
		return web.PathSignIn, nil
	}
	factors, err := c.Factors.Of(p.r.Context(), user.ID)
	if err != nil || provedAll(session, user, factors) {
		return "", err
	}
	return web.PathStepUp, nil
}
