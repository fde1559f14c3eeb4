package resource

import (
	"net/http"
	"net/url"
	"strings"

	"claviger/oauth"
)

// Authenticate proves the one credential of a request. Errors are *oauth.Error.
func (v *Verifier) Authenticate(r *http.Request) (*Caller, error) {
	if err := refuseQuery(r.URL.RawQuery); err != nil {
		return nil, err
	}
	authorization := r.Header["Authorization"]
	var keys []string
	if v.takesAPIKeys() {
		keys = r.Header[v.config.APIKeyHeader]
	}
	var caller *Caller
	var err error
	switch {
	case len(authorization)+len(keys) > 1: // D04
		e := oauth.NewError(oauth.ReasonSeveralCredentials)
		e.Status = http.StatusUnauthorized
		return nil, e
	case len(keys) == 1:
		caller, err = v.ProveAPIKey(r.Context(), keys[0])
	case len(authorization) == 1:
		caller, err = v.bearer(r, authorization[0])
	default:
		return nil, oauth.NewError(oauth.ReasonAuthenticationMissing)
	}
	if err != nil {
		return nil, err
	}
	return caller, v.readActing(r, caller)
}

func (v *Verifier) takesAPIKeys() bool { return v.config.ClientID != "" && !v.config.BearerOnly }

// bearer reads an Authorization header (RFC 6750 §2.1). The scheme is compared
// without case (RFC 9110 §11.1).
func (v *Verifier) bearer(r *http.Request, header string) (*Caller, error) {
	scheme, token, found := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, oauth.TokenTypeBearer) {
		return nil, oauth.NewError(oauth.ReasonAuthenticationMissing)
	}
	token = strings.TrimLeft(token, " ")
	if !found || token == "" {
		return nil, oauth.NewError(oauth.ReasonTokenInvalid)
	}
	return v.Verify(r.Context(), token)
}

// refuseQuery refuses access tokens in the URL, where logs and histories keep them
// (RFC 9700 §4.3.2). Other parameters are the API's own.
func refuseQuery(query string) error {
	if !strings.Contains(strings.ToLower(query), "acces") && !strings.Contains(query, "%") {
		return nil
	}
	for pair := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err == nil && strings.EqualFold(name, "access_token") {
			return oauth.NewError(oauth.ReasonCredentialInQuery)
		}
	}
	return nil
}

// readActing notes which account the request says it is for. One that is empty is
// none that anybody is a member of (F05).
func (v *Verifier) readActing(r *http.Request, caller *Caller) error {
	if v.config.ActingAccountHeader == "" {
		return nil
	}
	sent := r.Header[v.config.ActingAccountHeader]
	switch {
	case len(sent) == 0:
		return nil
	case len(sent) > 1:
		return oauth.NewError(oauth.ReasonDuplicateParameter).At(v.config.ActingAccountHeader)
	case !caller.mayActFor(sent[0]):
		return oauth.NewError(oauth.ReasonNotMember)
	}
	caller.ActingAccount = sent[0]
	return nil
}

// mayActFor reports whether the caller may say that an account is meant: the one
// that the credential is bound to or, where that is bound to none, any for a
// person or a service account, whose memberships Permit has the server look at.
func (c *Caller) mayActFor(accountID string) bool {
	if c.AccountID != "" || accountID == "" {
		return accountID != "" && accountID == c.AccountID
	}
	return c.SubjectType == SubjectPerson || c.SubjectType == SubjectServiceAccount
}
