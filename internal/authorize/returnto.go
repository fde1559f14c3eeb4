package authorize

import (
	"regexp"

	"claviger/internal/web"
)

// plainPath is a path of this server that no browser reads as another place (E22):
// plain segments after one slash each, and a plain query.
var plainPath = regexp.MustCompile(`^(/|(/[A-Za-z0-9_-][A-Za-z0-9_.:-]*)+)(\?[A-Za-z0-9_=&.-]*)?$`)

// safeReturn returns where to go after a sign-in without a flow; the account page
// for anything that is not plainly a path of this server.
func safeReturn(text string) string {
	if !ComesBack(text) {
		return web.PathAccount
	}
	return text
}

// ComesBack reports whether a person comes back to an address after a sign-in: it is
// plainly a path of this server, with a query or without.
func ComesBack(address string) bool { return plainPath.MatchString(address) }
