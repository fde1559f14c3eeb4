package admin

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"claviger/internal/core"
	"claviger/oauth"
)

var (
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)
	phoneForm    = regexp.MustCompile(`^\+?[0-9]{5,15}$`)
	codeForm     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$`)
	hostForm     = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$`)
	chosenForm   = regexp.MustCompile(`^[\x21\x23-\x39\x3b-\x5b\x5d-\x7e]{1,128}$`) // printable, no colon (Basic), quote or backslash
)

var loopback = []string{"localhost", "127.0.0.1", "::1"}

// The problem functions return what is wrong with a text, "" if nothing is.

func nameProblem(name string) string {
	if !printable.MatchString(name) {
		return "must be 1 to 100 printable characters"
	}
	return ""
}

func codeProblem(code string) string {
	if !codeForm.MatchString(code) {
		return "must be 1 to 64 letters, digits and . _ : -, and begin with a letter or digit"
	}
	return ""
}

func emailProblem(email string) string {
	address, err := mail.ParseAddress(email)
	if err != nil || address.Address != email || len(email) > 254 {
		return "is not an email address"
	}
	return ""
}

func phoneProblem(phone string) string {
	if !phoneForm.MatchString(phone) {
		return "is not a phone number (digits, with + and the country code)"
	}
	return ""
}

func currencyProblem(currency string) string {
	if !currencyForm.MatchString(currency) {
		return "is not a currency of ISO 4217 (three capital letters)"
	}
	return ""
}

func statusProblem(status string) string {
	if !core.Status(status).Valid() {
		return "must be ACTIVE, SUSPENDED or DISABLED"
	}
	return ""
}

func grantTypeProblem(grantType string) string {
	if !slices.Contains(oauth.GrantTypes, grantType) {
		return "is not a grant type; there are " + strings.Join(oauth.GrantTypes, ", ")
	}
	return ""
}

func scopeProblem(scope string) string {
	if _, ok := oauth.ParseScope(scope); !ok {
		return "holds a character that no scope may have (RFC 6749 §3.3)"
	}
	return ""
}

// redirectProblem wants an absolute URI without fragment (RFC 6749 §3.1.2): https,
// http to this machine (RFC 8252 §7.3), or the scheme of an app, which is a
// reversed domain name and so has a dot (RFC 8252 §7.1). javascript: and data:
// have none (A08).
func redirectProblem(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || !u.IsAbs() || strings.ContainsAny(text, " \\\t\r\n*<>\""):
		return "is not an absolute URI"
	case strings.Contains(text, "#"):
		return "must not have a fragment"
	case u.User != nil:
		return "must not have a user name"
	case strings.Contains(u.Scheme, "."):
		return ""
	case (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "":
		return "must be https, http on this machine, or a scheme like com.example.app"
	case u.Scheme == "http" && !slices.Contains(loopback, u.Hostname()):
		return "must be https: http is for this machine alone"
	}
	return ""
}

func hostProblem(host string) string {
	if !hostForm.MatchString(host) && !slices.Contains(loopback, host) {
		return "is not a host name (lower case, without scheme, port or *)"
	}
	return ""
}

// originProblem wants an origin as browsers send it (RFC 6454 §6.2).
func originProblem(origin string) string {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme+"://"+strings.ToLower(u.Host) != origin || redirectProblem(origin) != "" {
		return "is not an origin (https://host, without a path)"
	}
	return ""
}

func webProblem(text string) string {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return "is not the address of a website"
	}
	return ""
}

// chosenIDProblem refuses an id that looks like one of ours: it could be taken
// for the subject of a token (RFC 9700 §4.15).
func chosenIDProblem(id string) string {
	switch {
	case !chosenForm.MatchString(id):
		return "must be 1 to 128 visible ASCII characters other than : \" and \\"
	case core.Generated(id):
		return "looks like a generated id"
	}
	return ""
}

func checkChosenID(param, id string) error {
	if problem := chosenIDProblem(id); problem != "" {
		return invalid(param, "The id "+problem+".")
	}
	return nil
}

// checkClient checks a client as it would be stored. The error names the field.
func checkClient(c *core.Client) error {
	lists := []struct {
		param   string
		values  []string
		problem func(string) string
	}{
		{"grant_types", c.GrantTypes, grantTypeProblem},
		{"scopes", c.Scopes, scopeProblem},
		{"redirect_uris", c.RedirectURIs, redirectProblem},
		{"redirect_hosts", c.RedirectHosts, hostProblem},
		{"post_logout_uris", c.PostLogoutURIs, redirectProblem},
		{"origins", c.Origins, originProblem},
	}
	for _, list := range lists {
		for _, v := range list.values {
			if problem := list.problem(v); problem != "" {
				return invalid(list.param, "A value "+problem+".")
			}
		}
	}
	return checkClientWhole(c)
}

// checkClientWhole checks what depends on several fields.
func checkClientWhole(c *core.Client) error {
	switch {
	case c.Name == "":
		return missing("name")
	case nameProblem(c.Name) != "":
		return invalid("name", "The name "+nameProblem(c.Name)+".")
	case c.Kind != core.Confidential && c.Kind != core.Public:
		return invalid("kind", "The kind must be confidential or public.")
	case c.Website != "" && webProblem(c.Website) != "":
		return invalid("website", "The website "+webProblem(c.Website)+".")
	case c.Kind == core.Public && c.MayUse(oauth.GrantClientCredentials):
		return invalid("grant_types", "A public client cannot use client_credentials (RFC 6749 §4.4).")
	}
	return checkBrowser(c)
}
