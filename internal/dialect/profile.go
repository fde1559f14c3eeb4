package dialect

import (
	"slices"
	"strings"

	"claviger/internal/core"
	"claviger/oauth"
)

// browser reads what the dialect says about the browser flow: what a client is
// connected to, and what its ID tokens hold beside what the scope asks for.
func (l *loader) browser(authorization, idToken *node) {
	p := &l.dialect.Profile
	p.Connects = core.ConnectsNothing
	if authorization != nil && l.keys(authorization, "connects") {
		if connects := authorization.get("connects"); connects != nil {
			p.Connects = l.oneOf(connects, core.ConnectsAccount, core.ConnectsNothing)
		}
	}
	if idToken != nil && l.keys(idToken, "scopes") {
		p.IDTokenScopes = l.strings(idToken.get("scopes"), claimScopes...)
	}
}

// apiKeys reads which keys people may make.
func (l *loader) apiKeys(n *node) {
	if n == nil || !l.keys(n, "present", "scopes") {
		return
	}
	keys := &APIKeys{WithID: l.oneOf(n.get("present"), "secret", "id_and_secret") == "id_and_secret"}
	for _, scope := range l.strings(n.get("scopes")) {
		tokens, ok := oauth.ParseScope(scope)
		if !ok || len(tokens) != 1 || scope == oauth.ScopeIntrospect {
			l.at(n.line, n.column, "%q is no scope of an API key", scope)
		}
		keys.Scopes = append(keys.Scopes, scope)
	}
	l.dialect.APIKeys = keys
}

// claimScopes are the scopes that stand for claims of a person (OpenID Connect
// Core §5.4).
var claimScopes = []string{oauth.ScopeProfile, oauth.ScopeEmail, oauth.ScopeAddress, oauth.ScopePhone}

// profile reads what the dialect says about the tokens themselves.
func (l *loader) profile(access, refresh *node) {
	p := &l.dialect.Profile
	p.RefreshIssue = core.RefreshOffline
	// Whoever writes a dialect promises its integrators that a refresh token works
	// once, unless the file says otherwise (SP-3, SD-6, JP-3).
	p.Lifetimes.RefreshGrace = core.NoGrace
	if access != nil && l.keys(access, "lifetime", "service", "claims") {
		p.Lifetimes.AccessToken = l.duration(access.get("lifetime"))
		p.ServiceRequired = l.oneOf(access.get("service"), "required") == "required"
		p.accessClaims = l.claims(access.get("claims"), "access_token.claims")
	}
	if refresh == nil || !l.keys(refresh, "issue", "format", "lifetime", "absolute", "grace", "claims") {
		return
	}
	if issue := refresh.get("issue"); issue != nil {
		p.RefreshIssue = l.oneOf(issue, core.RefreshOffline, core.RefreshAlways, core.RefreshNever)
	}
	p.RefreshJWT = l.oneOf(refresh.get("format"), "opaque", "jwt") == "jwt"
	p.Lifetimes.RefreshToken = l.duration(refresh.get("lifetime"))
	p.Lifetimes.RefreshAbsolute = l.duration(refresh.get("absolute"))
	if grace := refresh.get("grace"); grace != nil {
		p.Lifetimes.RefreshGrace = l.duration(grace)
	}
	p.refreshClaims = l.claims(refresh.get("claims"), "refresh_token.claims")
	if n := refresh.get("claims"); n != nil && !p.RefreshJWT {
		l.at(n.line, n.column, "only a refresh token with format: jwt has claims")
	}
	if n := refresh.get("absolute"); n != nil && p.Lifetimes.RefreshAbsolute < p.Lifetimes.RefreshToken {
		l.at(n.line, n.column, "the absolute lifetime is shorter than the lifetime")
	}
}

// claims compiles claims; none may take the place of one of the server's own
// (F09).
func (l *loader) claims(n *node, where string) program {
	if n == nil {
		return nil
	}
	if n.kind != mapNode {
		l.at(n.line, n.column, "expected a mapping of claims, not %s", n.kind)
		return nil
	}
	for _, member := range n.pairs {
		if name := strings.TrimSuffix(member.key, "?"); slices.Contains(reservedClaims, name) {
			l.at(member.place.line, member.place.column, "the claim %s is the server's own", name)
		}
	}
	var p program
	l.members(&p, n, &factScope{where: where, names: claimFacts}, 0, true)
	return p
}
