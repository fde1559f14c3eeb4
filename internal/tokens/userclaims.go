package tokens

import (
	"claviger/internal/core"
	"claviger/oauth"
)

// userClaim is a claim about a person (OpenID Connect Core §5.1). of returns nil
// where the person has no such thing.
type userClaim struct {
	name, scope string // the scope that asks for it (§5.4)
	of          func(u *core.User) any
}

// userClaims is the one table of what is told about people.
var userClaims = []userClaim{
	{"name", oauth.ScopeProfile, func(u *core.User) any { return text(fullName(u)) }},
	{"given_name", oauth.ScopeProfile, func(u *core.User) any { return text(u.GivenName) }},
	{"family_name", oauth.ScopeProfile, func(u *core.User) any { return text(u.FamilyName) }},
	{"middle_name", oauth.ScopeProfile, fromProfile("middle_name")},
	{"nickname", oauth.ScopeProfile, fromProfile("nickname")},
	{"preferred_username", oauth.ScopeProfile, func(u *core.User) any { return text(u.Username) }},
	{"profile", oauth.ScopeProfile, fromProfile("profile")},
	{"picture", oauth.ScopeProfile, fromProfile("picture")},
	{"website", oauth.ScopeProfile, fromProfile("website")},
	{"gender", oauth.ScopeProfile, fromProfile("gender")},
	{"birthdate", oauth.ScopeProfile, fromProfile("birthdate")},
	{"zoneinfo", oauth.ScopeProfile, fromProfile("zoneinfo")},
	{"locale", oauth.ScopeProfile, fromProfile("locale")},
	{"updated_at", oauth.ScopeProfile, updatedAt},
	{"email", oauth.ScopeEmail, func(u *core.User) any { return text(u.Email) }},
	{"email_verified", oauth.ScopeEmail, func(u *core.User) any { return verified(u.Email, u.EmailVerified) }},
	{"phone_number", oauth.ScopePhone, func(u *core.User) any { return text(u.Phone) }},
	{"phone_number_verified", oauth.ScopePhone, func(u *core.User) any { return verified(u.Phone, u.PhoneVerified) }},
	{"address", oauth.ScopeAddress, address},
}

// UserClaims returns the claims about a person, less sub: those of the scopes
// profile, email, phone and address, and those that were requested by name
// (OpenID Connect Core §5.4, §5.5). Values are text, bool, int64 seconds for
// updated_at and a map with formatted for address. What the person does not have
// is left out.
func UserClaims(u *core.User, scope oauth.Scope, requested map[string]*oauth.ClaimRequest) map[string]any {
	claims := map[string]any{}
	for _, c := range userClaims {
		_, asked := requested[c.name]
		if !asked && !scope.Has(c.scope) {
			continue
		}
		if value := c.of(u); value != nil {
			claims[c.name] = value
		}
	}
	return claims
}

// Askable returns those of the requested claims that a client may be told: of the
// scopes that it is registered for. Naming a claim is no way round a registration.
func Askable(c *core.Client, requested map[string]*oauth.ClaimRequest) map[string]*oauth.ClaimRequest {
	askable := map[string]*oauth.ClaimRequest{}
	for _, claim := range userClaims {
		if request, asked := requested[claim.name]; asked && c.Scopes.Has(claim.scope) {
			askable[claim.name] = request
		}
	}
	return askable
}

// Revealed returns the scopes of a client whose claims a request asks for by name:
// whoever approves the request approves those.
func Revealed(c *core.Client, request oauth.ClaimsRequest) oauth.Scope {
	var scopes oauth.Scope
	for _, claim := range userClaims {
		_, inUserInfo := request.UserInfo[claim.name]
		_, inIDToken := request.IDToken[claim.name]
		if (inUserInfo || inIDToken) && c.Scopes.Has(claim.scope) && !scopes.Has(claim.scope) {
			scopes = append(scopes, claim.scope)
		}
	}
	return scopes
}

// UserClaimNames returns the names that UserClaims can return.
func UserClaimNames() []string {
	names := make([]string, 0, len(userClaims))
	for _, c := range userClaims {
		names = append(names, c.name)
	}
	return names
}

func fullName(u *core.User) string {
	switch {
	case u.FullName != "":
		return u.FullName
	case u.GivenName != "" && u.FamilyName != "":
		return u.GivenName + " " + u.FamilyName
	}
	return u.GivenName + u.FamilyName
}

func fromProfile(name string) func(*core.User) any {
	return func(u *core.User) any { return text(u.Profile[name]) }
}

func updatedAt(u *core.User) any {
	if u.UpdatedAt.IsZero() {
		return nil
	}
	return u.UpdatedAt.Unix()
}

func address(u *core.User) any {
	if u.Profile["address"] == "" {
		return nil
	}
	return map[string]string{"formatted": u.Profile["address"]}
}

func text(value string) any {
	if value == "" {
		return nil
	}
	return value
}

// verified says nothing about an address that is not there.
func verified(what string, is bool) any {
	if what == "" {
		return nil
	}
	return is
}
