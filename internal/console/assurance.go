package console

import (
	"slices"
	"time"

	"claviger/internal/authn"
	"claviger/internal/authorize"
	"claviger/internal/core"
	"claviger/internal/web"
)

// freshFor is how long after proving who they are a person may add a way to be
// reached.
const freshFor = 10 * time.Minute

// mustProve returns the page where a person has to prove more before they add a way
// to be reached, which is a way to get back in (E12): who they are, where that is a
// while ago; that they hold one that is verified already, where there is one. Empty:
// nothing more.
func (c *Console) mustProve(signedIn *authn.SignedIn) (path string) {
	session := signedIn.Session
	switch {
	case c.Now().Sub(session.AuthenticatedAt) > freshFor:
		return web.PathSignIn
	case authorize.CanStepUp(signedIn.User) && !slices.Contains(session.AMR, core.AMROneTimeCode):
		return web.PathStepUp
	}
	return ""
}
