package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// mistake is a failure told in a sentence of its own; usage is true when the
// arguments were at fault.
type mistake struct {
	text  string
	usage bool
}

func (m mistake) Error() string { return m.text }

func failed(format string, args ...any) error { return mistake{text: fmt.Sprintf(format, args...)} }

func misused(format string, args ...any) error {
	return mistake{text: fmt.Sprintf(format, args...), usage: true}
}

func exitCode(err error) int {
	var m mistake
	if errors.As(err, &m) && m.usage {
		return exitUsage
	}
	return exitFailed
}

// flags are the names that the command line has for the fields that an
// operation may complain about.
var flags = map[string]string{
	"account_id": "--account", "expires_at": "--expires", "name": "--name", "role": "--role", "scopes": "--scope",
	"company": "--company", "website": "--website", "contact": "--contact", "grant_types": "--grant",
	"redirect_uris": "--redirect-uri", "redirect_hosts": "--redirect-host", "post_logout_uris": "--post-logout-uri",
	"origins": "--origin", "products": "--product", "own": "--own", "global": "--global", "assigns": "--assigns",
	"email": "--email", "phone": "--phone", "code": "--code", "username": "--username", "user_id": "--user", "currency": "--currency",
	"category": "--category", "status": "--status", "flags": "--flag", "subscriptions": "--subscription", "locale": "--locale",
	"algorithm": "--algorithm", "organisation_id": "--organisation", "from": "--from", "to": "--to", "overlap_seconds": "--overlap",
	"full_name": "--full-name", "allowed_addresses": "--address", "address_mode": "--report-only", "since": "--since",
	"without_pkce": "--without-pkce", "response_modes": "--response-mode", "connects": "--connects",
	"skip_consent": "--skip-consent", "issues_refresh": "--issues-refresh", "id_token_algorithm": "--id-token-algorithm",
	"sector_identifier": "--pairwise", "backchannel_logout_uri": "--backchannel-logout-uri", "policy_uri": "--policy-uri",
	"terms_uri": "--terms-uri", "kind": "--public", "overlap": "--overlap", "id": "the id",
}

// errorText is what the user reads: what is wrong, and what to do where that is
// known. Values in it may come from the database or a file, so nothing in it can
// steer the terminal (H12).
func errorText(err error) string {
	var m mistake
	var refused *oauth.Error
	switch {
	case errors.As(err, &m):
		return lines(m.text)
	case errors.Is(err, store.ErrSchemaNewer):
		return lines(err.Error()) + "; use the newer release"
	case errors.As(err, &refused):
		return lines(refusalText(refused))
	}
	return lines(err.Error())
}

func refusalText(e *oauth.Error) string {
	switch {
	case e.Status >= 500 && e.Err != nil:
		cause := strings.TrimPrefix(e.Err.Error(), "store: ")
		return "the database cannot be used: " + strings.Join(strings.Fields(cause), " ")
	case e.Reason == oauth.ReasonNotFound && e.Param == "":
		return "there is no such thing here"
	}
	text := strings.TrimSuffix(e.Description, ".")
	if e.Param != "" {
		name, ok := flags[e.Param]
		if !ok {
			name = e.Param
		}
		text = name + ": " + strings.ToLower(text[:1]) + text[1:]
	}
	return text
}

// lines makes each line of a text plain.
func lines(text string) string {
	parts := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := range parts {
		parts[i] = plain(parts[i])
	}
	return strings.Join(parts, "\n")
}

// unknown turns "not found" into a sentence that says what, and how to find it.
func unknown(err error, what, id, list string) error {
	var refused *oauth.Error
	absent := errors.Is(err, core.ErrNotFound) ||
		errors.As(err, &refused) && refused.Reason == oauth.ReasonNotFound &&
			slices.Contains([]string{"", "id", "account_id", "user_id"}, refused.Param)
	if !absent {
		return err
	}
	return failed("there is no %s \"%s\"; %s lists them", what, id, list)
}
