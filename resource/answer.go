package resource

import (
	"net/http"
	"strings"

	"claviger/oauth"
)

// fail answers a request that was not let through.
func (v *Verifier) fail(w http.ResponseWriter, r *http.Request, scopes oauth.Scope, err error) {
	e := *oauth.AsError(err) // errors may be shared, and get headers here
	e.Header = e.Header.Clone()
	if e.Status == http.StatusInternalServerError {
		v.log.ErrorContext(r.Context(), "the request could not be decided on", "path", r.URL.Path, "error", err)
	}
	if challenge := v.challenge(&e, scopes); challenge != "" {
		_ = e.With("WWW-Authenticate", challenge)
	}
	v.config.ErrorWriter(w, r, &e)
}

// challenge is RFC 6750 §3: with each 401, and where another answer is about the
// credential. Where none was sent there is no error in it (§3.1). Other answers
// have none.
func (v *Verifier) challenge(e *oauth.Error, scopes oauth.Scope) string {
	aboutCredential := e.Status == http.StatusUnauthorized || e.Reason == oauth.ReasonCredentialInQuery || e.Code == oauth.InsufficientScope
	if !aboutCredential {
		return ""
	}
	var b strings.Builder
	b.WriteString(`Bearer realm="` + v.config.Realm + `"`)
	parameter := func(name, value string) {
		if value != "" {
			b.WriteString(", " + name + `="` + quotable(value) + `"`)
		}
	}
	if e.Reason != oauth.ReasonAuthenticationMissing {
		parameter("error", string(e.Code))
		parameter("error_description", e.Description)
	}
	parameter("scope", scopes.String())
	parameter("resource_metadata", v.metadataURL()) // RFC 9728 §5.1
	return b.String()
}

// inQuotes reports whether a character may stand in a quoted text without an
// escape (RFC 6750 §3).
func inQuotes(r rune) bool { return r >= 0x20 && r <= 0x7e && r != '"' && r != '\\' }

func quotable(s string) string {
	return strings.Map(func(r rune) rune {
		if inQuotes(r) {
			return r
		}
		return -1
	}, s)
}
