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
	if !plainPath.MatchString(text) {
		return web.PathAccount
	}
	return text
}
