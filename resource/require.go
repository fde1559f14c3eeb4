package resource

import (
	"net/http"
	"slices"

	"claviger/oauth"
)

// Requirement is what a request needs beside a credential. Make one with Scope,
// Product or Permission.
type Requirement struct {
	check  func(*Verifier, *http.Request, *Caller) error
	scopes oauth.Scope // that a Scope asks for
	online bool        // needs the server
}

// Scope requires scopes, all of them.
func Scope(names ...string) Requirement {
	scopes := oauth.Scope(slices.Clone(names))
	return Requirement{scopes: scopes, check: func(_ *Verifier, _ *http.Request, who *Caller) error {
		if len(scopes) == 0 || !scopes.Within(who.Scopes) {
			return oauth.NewError(oauth.ReasonScopeInsufficient)
		}
		return nil
	}}
}

// Product requires a product of the client that the token was issued to.
func Product(name string) Requirement {
	return Requirement{check: func(_ *Verifier, _ *http.Request, who *Caller) error {
		if !who.HasProduct(name) {
			return oauth.NewError(oauth.ReasonPermissionDenied)
		}
		return nil
	}}
}

// Account finds out which account a request is about. No account is "", which is
// denied. An error that is an *oauth.Error is the answer; any other is a 500.
type Account func(r *http.Request, who *Caller) (accountID string, err error)

// AccountFromPath is the account that a wildcard of the route's pattern names.
func AccountFromPath(wildcard string) Account {
	return func(r *http.Request, _ *Caller) (string, error) { return r.PathValue(wildcard), nil }
}

// AccountFromQuery is the account that a parameter of the URL names, once.
func AccountFromQuery(name string) Account {
	return func(r *http.Request, _ *Caller) (string, error) {
		values := r.URL.Query()[name]
		if len(values) > 1 {
			return "", oauth.NewError(oauth.ReasonDuplicateParameter).At(name)
		}
		return slices.Concat(values, []string{""})[0], nil
	}
}

// CallersAccount is the account that the caller acts for: the one that the
// credential is bound to, else the acting account.
func CallersAccount(_ *http.Request, who *Caller) (string, error) {
	if who.AccountID != "" {
		return who.AccountID, nil
	}
	return who.ActingAccount, nil
}

// Permission requires a permission on the account that the request is about, by
// a decision of the server (Verifier.Permit).
func Permission(name string, account Account) Requirement {
	return Requirement{online: true, check: func(v *Verifier, r *http.Request, who *Caller) error {
		id, err := account(r, who)
		if err != nil {
			return err
		}
		return v.Permit(r.Context(), who, name, id)
	}}
}

// Require returns the middleware that lets requests with a proven credential pass
// that meet every requirement, checked in their order. Behind it, From tells who
// it is. It panics when a Permission is required and there is no ClientID to ask
// the server with, as http.ServeMux does on a pattern that cannot be meant.
func (v *Verifier) Require(requirements ...Requirement) func(http.Handler) http.Handler {
	if v.config.ClientID == "" && slices.ContainsFunc(requirements, func(q Requirement) bool { return q.online }) {
		panic("resource: a Permission needs Config.ClientID, to ask the server")
	}
	var scopes oauth.Scope
	for _, requirement := range requirements {
		scopes = append(scopes, requirement.scopes...)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			v.vary(w)
			who, err := v.admit(r, requirements)
			if err != nil {
				v.fail(w, r, scopes, err)
				return
			}
			next.ServeHTTP(w, r.WithContext(With(r.Context(), who)))
		})
	}
}

// vary keeps caches from giving one caller's answer to another: they know the
// Authorization header (RFC 9111 §3.5), but not that of API keys.
func (v *Verifier) vary(w http.ResponseWriter) {
	w.Header().Add("Vary", "Authorization")
	if v.takesAPIKeys() {
		w.Header().Add("Vary", v.config.APIKeyHeader)
	}
}

func (v *Verifier) admit(r *http.Request, requirements []Requirement) (*Caller, error) {
	who, err := v.Authenticate(r)
	if err != nil {
		return nil, err
	}
	for _, requirement := range requirements {
		if requirement.check == nil { // a zero Requirement asks for nothing that could be met
			return nil, oauth.NewError(oauth.ReasonPermissionDenied)
		}
		if err := requirement.check(v, r, who); err != nil {
			return nil, err
		}
	}
	return who, nil
}
