package oauth

import (
	"slices"
	"strings"
)

// Well-known scopes.
const (
	ScopeOpenID        = "openid"
	ScopeProfile       = "profile" // OpenID Connect Core §5.4, as the next three
	ScopeEmail         = "email"
	ScopeAddress       = "address"
	ScopePhone         = "phone"
	ScopeOfflineAccess = "offline_access" // OpenID Connect Core §11
	// ScopeIntrospect, in a client's registration, lets a resource server of the
	// platform introspect every token. It is never part of a token.
	ScopeIntrospect = "introspect"
)

// Scope is a list of scope tokens (RFC 6749 §3.3), without duplicates, in the
// order they were given.
type Scope []string

// ParseScope splits a space-delimited scope. It returns false when a token
// holds a character outside RFC 6749 §3.3 (%x21 / %x23-5B / %x5D-7E).
func ParseScope(text string) (Scope, bool) {
	var scope Scope
	for token := range strings.FieldsSeq(text) {
		for _, c := range []byte(token) {
			if c < 0x21 || c > 0x7e || c == '"' || c == '\\' {
				return nil, false
			}
		}
		if !slices.Contains(scope, token) {
			scope = append(scope, token)
		}
	}
	return scope, true
}

// String joins the tokens with single spaces.
func (s Scope) String() string { return strings.Join(s, " ") }

// Has reports whether token is in s.
func (s Scope) Has(token string) bool { return slices.Contains(s, token) }

// Within reports whether every token of s is in limit.
func (s Scope) Within(limit Scope) bool {
	for _, token := range s {
		if !limit.Has(token) {
			return false
		}
	}
	return true
}

// Intersect returns the tokens of s that are in limit, in the order of s.
func (s Scope) Intersect(limit Scope) Scope {
	var out Scope
	for _, token := range s {
		if limit.Has(token) {
			out = append(out, token)
		}
	}
	return out
}

// Without returns s less one token.
func (s Scope) Without(token string) Scope {
	var out Scope
	for _, t := range s {
		if t != token {
			out = append(out, t)
		}
	}
	return out
}
