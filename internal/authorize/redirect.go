package authorize

import (
	"net/url"
	"slices"
	"strings"

	"claviger/internal/core"
	"claviger/oauth"
)

// redirectOf returns where the answer to a client may go. A URI that is not the
// client's own is ReasonRedirectURI, and nothing may be sent there (RFC 9700
// §4.11.2). One that was left out is the only one that the client has, and never
// a guess (A09); OpenID Connect wants it sent (Core §3.1.2.1).
func redirectOf(c *core.Client, sent string, openID bool) (string, *oauth.Error) {
	if sent == "" {
		if len(c.RedirectURIs) == 1 && !openID {
			return c.RedirectURIs[0], nil
		}
		return "", oauth.NewError(oauth.ReasonMissingParameter).At("redirect_uri")
	}
	if registered(c, sent) {
		return sent, nil
	}
	return "", oauth.NewError(oauth.ReasonRedirectURI).At("redirect_uri")
}

// registered compares with the exact URIs where a client has some, and only else
// with its hosts (SD-3).
func registered(c *core.Client, sent string) bool {
	if len(c.RedirectURIs) > 0 {
		return slices.ContainsFunc(c.RedirectURIs, func(uri string) bool { return sameURI(uri, sent) })
	}
	return slices.ContainsFunc(c.RedirectHosts, func(host string) bool { return onHost(host, sent) })
}

// sameURI compares byte by byte (RFC 9700 §4.1.3), but for the port of a loopback
// address (RFC 8252 §7.3).
func sameURI(uri, sent string) bool {
	if uri == sent {
		return true
	}
	a, ok := plainURL(uri)
	b, okSent := plainURL(sent)
	if !ok || !okSent || a.Scheme != "http" || b.Scheme != "http" || !loopback(a.Hostname()) {
		return false
	}
	return a.Hostname() == b.Hostname() && rootPath(a) == rootPath(b) && a.RawQuery == b.RawQuery && a.ForceQuery == b.ForceQuery
}

// rootPath takes an empty path for "/" (RFC 3986 §6.2.3).
func rootPath(u *url.URL) string {
	if u.EscapedPath() == "" {
		return "/"
	}
	return u.EscapedPath()
}

// onHost reports whether a URI is https on a host, written exactly so and without
// a port; on a loopback host http will do, with any port.
func onHost(host, sent string) bool {
	u, ok := plainURL(sent)
	if !ok {
		return false
	}
	if loopback(host) {
		return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() == host && validPort(u)
	}
	return u.Scheme == "https" && u.Host == host
}

// plainURL parses a URI that says what it seems to say: no user name (A02), no
// fragment, no character that browsers read otherwise (A06), and the scheme and
// the host as they were sent.
func plainURL(text string) (*url.URL, bool) {
	for _, c := range []byte(text) {
		if c <= ' ' || c >= 0x7f || c == '\\' || c == '<' || c == '>' || c == '"' {
			return nil, false
		}
	}
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.Opaque != "" || u.Host == "" || strings.Contains(text, "#") || strings.Contains(u.Host, "@") {
		return nil, false
	}
	return u, strings.HasPrefix(text, u.Scheme+"://"+u.Host)
}

// takesForms reports whether a browser can post a form to a URI; to an app it
// cannot.
func takesForms(uri string) bool {
	return strings.HasPrefix(uri, "https://") || strings.HasPrefix(uri, "http://")
}

func validPort(u *url.URL) bool { return !strings.HasSuffix(u.Host, ":") }

func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// formTargets are the sources that a page's form may lead to by way of the answer
// to the client (CSP form-action covers redirects, also those of the client, to
// another of its hosts or ports): https, or what the redirect URI has instead.
func formTargets(redirectURI string) []string {
	targets := []string{"https:"}
	u, err := url.Parse(redirectURI)
	switch {
	case err != nil, u.Scheme == "https":
	case u.Scheme == "http" && u.Hostname() == "::1": // which CSP has no way to name
		targets = append(targets, "http:")
	case u.Scheme == "http": // loopback alone
		targets = append(targets, "http://localhost:*", "http://127.0.0.1:*")
	default:
		targets = append(targets, u.Scheme+":")
	}
	return targets
}
