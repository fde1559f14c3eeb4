package core

import (
	"time"

	"claviger/oauth"
)

// Subject types, as access tokens name them.
const (
	SubjectPerson         = "person"
	SubjectServiceAccount = "service_account"
	SubjectAPIKey         = "api_key"
	SubjectClient         = "client"
)

// Authorization is who acts, for whom, through what, with which rights: what a
// token is issued for, and what a credential on a route proves. Organisation is
// set except where a person has not chosen one; other fields are nil when they
// play no part.
type Authorization struct {
	Client       *Client
	Key          *APIKey
	User         *User
	Organisation *Organisation
	Account      *Account
	Role         *Role
	Consent      *Consent
	// Authentication is how the person signed in; nil without a sign-in.
	Authentication *Authentication
	GrantID        string
	Scope          oauth.Scope
	Service        Service
	Channel        string
}

// Service is what a service-bound token is for (PE-3, PE-5). Empty for tokens
// of the issuer's own API.
type Service struct {
	Name string `json:"name"`
	URI  string `json:"uri"`
}

// Subject returns the subject type and id (RFC 9068 §2.2: the client itself
// when no resource owner is involved).
func (a *Authorization) Subject() (kind, id string) {
	switch {
	case a.User != nil && a.User.Kind == Person:
		return SubjectPerson, a.User.ID
	case a.User != nil:
		return SubjectServiceAccount, a.User.ID
	case a.Key != nil:
		return SubjectAPIKey, a.Key.ID
	case a.Client != nil:
		return SubjectClient, a.Client.ID
	}
	return "", ""
}

// ClientID returns the client_id that tokens carry: the client's, or the API
// key's id where the key took the client's place.
func (a *Authorization) ClientID() string {
	if a.Client != nil {
		return a.Client.ID
	}
	if a.Key != nil {
		return a.Key.ID
	}
	return ""
}

// Registered returns the scopes that the credential may have at most.
func (a *Authorization) Registered() oauth.Scope {
	if a.Client != nil {
		return a.Client.Scopes
	}
	if a.Key != nil {
		return a.Key.Scopes
	}
	return nil
}

// Dialect returns the dialect of the credential.
func (a *Authorization) Dialect() string {
	if a.Client != nil {
		return a.Client.Dialect
	}
	if a.Key != nil {
		return a.Key.Dialect
	}
	return ""
}

// Stopped returns why the authorization is not good for a decision at now: the
// first part of it that is disabled, expired or revoked (ALL-6). It returns
// false when every part is active.
func (a *Authorization) Stopped(now time.Time) (oauth.Reason, bool) {
	switch {
	case a.Client != nil && a.Client.Status != Active:
		return oauth.ReasonClientInactive, true
	case a.Key != nil && !a.Key.ActiveAt(now):
		return oauth.ReasonCredentialInactive, true
	case a.User != nil && a.User.Status != Active:
		return oauth.ReasonUserInactive, true
	case a.Organisation != nil && a.Organisation.Status != Active:
		return oauth.ReasonOrganisationInactive, true
	case a.Account != nil && a.Account.Status != Active:
		return oauth.ReasonAccountInactive, true
	case a.Consent != nil && !a.Consent.RevokedAt.IsZero():
		return oauth.ReasonConsentRevoked, true
	}
	return "", false
}
