package authn

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"claviger/oauth"
)

// OriginOf returns the browser origin that a request comes from (RFC 6454 §7);
// empty where no browser says one, and for the issuer's own pages.
func OriginOf(r *http.Request, issuer string) string {
	origin := strings.Join(r.Header.Values("Origin"), ",") // several are none that is registered
	if origin == SiteOf(issuer) {
		return ""
	}
	return origin
}

// SiteOf returns the origin of a URL.
func SiteOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}

// From refuses a caller that calls from a browser origin it is not registered
// for (H10): a page that got hold of its tokens, or one that only pretends to be
// it.
func (c Caller) From(origin string) error {
	if origin == "" || c.Client != nil && slices.Contains(c.Client.Origins, origin) {
		return nil
	}
	return oauth.NewError(oauth.ReasonOriginNotAllowed)
}
