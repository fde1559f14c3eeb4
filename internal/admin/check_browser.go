package admin

import (
	"net/url"
	"slices"
	"strings"

	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/oauth"
)

// The words that a registration for the browser flow may use.
var (
	responseModes = []string{oauth.ResponseModeQuery, oauth.ResponseModeFormPost}
	connects      = []string{core.ConnectsAccount, core.ConnectsNothing}
	refreshIssues = []string{core.RefreshAlways, core.RefreshOffline, core.RefreshNever}
)

// httpsProblem is for pages of a partner that people are sent to: javascript:,
// data: and plain http are refused (A08).
func httpsProblem(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || unsafeInURI(text) {
		return "must be an https URL"
	}
	return ""
}

// logoutProblem is for the address that logout tokens go to (OpenID Connect
// Back-Channel Logout §2.2). Whether it may be a private one is decided when it
// is called.
func logoutProblem(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || unsafeInURI(text) || strings.Contains(text, "#"):
		return "must be an https URL without a user name and a fragment"
	case u.Scheme != "https" && !(u.Scheme == "http" && slices.Contains(loopback, u.Hostname())):
		return "must be https: http is for this machine alone"
	}
	return ""
}

func unsafeInURI(text string) bool { return strings.ContainsAny(text, " \\\t\r\n<>\"") }

// checkBrowser checks how a client is registered for the browser flow.
func checkBrowser(c *core.Client) error {
	b := &c.Browser
	for _, mode := range b.ResponseModes {
		if problem := oneOf(responseModes)(mode); problem != "" {
			return invalid("response_modes", "A response mode "+problem+".")
		}
	}
	fields := []struct {
		param, value string
		problem      func(string) string
	}{
		{"connects", b.Connects, oneOf(connects)},
		{"issues_refresh", b.IssuesRefresh, oneOf(refreshIssues)},
		{"id_token_algorithm", b.IDTokenAlgorithm, oneOf(keys.Algorithms())},
		{"sector_identifier", b.PairwiseSector, hostProblem},
		{"backchannel_logout_uri", b.LogoutURI, logoutProblem},
		{"policy_uri", b.PolicyURI, httpsProblem},
		{"terms_uri", b.TermsURI, httpsProblem},
	}
	for _, f := range fields {
		if f.value == "" {
			continue
		}
		if problem := f.problem(f.value); problem != "" {
			return invalid(f.param, "The value "+problem+".")
		}
	}
	return checkBrowserWhole(c)
}

// checkBrowserWhole checks what depends on several fields.
func checkBrowserWhole(c *core.Client) error {
	switch {
	case c.MayUse(oauth.GrantAuthorizationCode) && len(c.RedirectURIs)+len(c.RedirectHosts) == 0:
		return invalid("redirect_uris", "A client with authorization_code needs a redirect URI or host.")
	case len(c.RedirectURIs) > 0 && len(c.RedirectHosts) > 0: // SD-3: where there are exact ones, only those match
		return invalid("redirect_hosts", "A client has exact redirect URIs or redirect hosts, not both.")
	case c.Kind == core.Public && c.Browser.WithoutPKCE: // RFC 9700 §2.1.1
		return invalid("without_pkce", "A public client must use PKCE.")
	case c.Browser.SkipConsent && c.Browser.Connects == core.ConnectsAccount:
		return invalid("skip_consent", "A client that is connected to companies must ask which one.")
	case c.Browser.SkipConsent && c.Kind == core.Public && !onlyHTTPS(c): // RFC 8252 §8.6
		return invalid("skip_consent", "A public client that another program can pass itself off as must ask: its redirect URIs must be https.")
	}
	return nil
}

// onlyHTTPS reports whether all redirects of a client go to a website, and not to
// whatever program of a machine answers first.
func onlyHTTPS(c *core.Client) bool {
	elsewhere := func(uri string) bool { return !strings.HasPrefix(uri, "https://") }
	local := func(host string) bool { return slices.Contains(loopback, host) }
	return !slices.ContainsFunc(c.RedirectURIs, elsewhere) && !slices.ContainsFunc(c.RedirectHosts, local)
}
