package grants

import (
	"context"

	"claviger/internal/core"
	"claviger/oauth"
)

// limitScope settles the scope of the tokens: what was asked for, within what
// the caller may have; everything the caller may have when nothing was asked
// for (RFC 6749 §3.3). A refresh can only narrow its grant (§6).
func (x *Exchange) limitScope(_ context.Context, r *request) error {
	limit := r.caller.Scopes().Without(oauth.ScopeIntrospect)
	if r.code != nil { // approved already: a scope parameter says nothing here (RFC 6749 §4.1.3)
		r.authorization.Scope = r.code.Scope.Intersect(limit)
		return nil
	}
	if r.rotation != nil {
		limit = r.rotation.grant.Scope.Intersect(limit)
	}
	asked, ok := oauth.ParseScope(r.Scope)
	if !ok {
		return oauth.NewError(oauth.ReasonScopeNotAllowed).At("scope")
	}
	if len(asked) == 0 {
		r.authorization.Scope = x.defaultScope(r, limit)
		return nil
	}
	if !asked.Within(limit) {
		return oauth.NewError(oauth.ReasonScopeNotAllowed).At("scope")
	}
	r.authorization.Scope = asked
	return nil
}

// defaultScope leaves out what a client must ask for by name. Where a token is
// for one service, that is everything: the server does not choose it (PE-3).
func (x *Exchange) defaultScope(r *request, limit oauth.Scope) oauth.Scope {
	if r.rotation != nil {
		return limit
	}
	if x.Issuer.ServiceRequired(r.authorization) {
		return nil
	}
	return limit.Without(oauth.ScopeOfflineAccess).Without(oauth.ScopeOpenID)
}

// bindService binds the tokens to the service that the scope names, at the URI
// which it has for the organisation now (PE-3, PE-5). Naming two services is
// refused: a token is for one.
func (x *Exchange) bindService(_ context.Context, r *request) error {
	a := r.authorization
	for _, name := range a.Scope {
		uri, ok := serviceURI(a.Organisation, name)
		if !ok {
			continue
		}
		if a.Service.Name != "" {
			return oauth.NewError(oauth.ReasonScopeNotAllowed).At("scope").Describe("The scope names more than one service.")
		}
		a.Service = core.Service{Name: name, URI: uri}
	}
	if a.Service.Name == "" && (x.Issuer.ServiceRequired(a) || r.rotation != nil && r.rotation.grant.Service != "") {
		return oauth.NewError(oauth.ReasonServiceMissing).At("scope")
	}
	return nil
}

func serviceURI(o *core.Organisation, name string) (string, bool) {
	if o == nil {
		return "", false
	}
	uri, ok := o.Services[name]
	return uri, ok
}
