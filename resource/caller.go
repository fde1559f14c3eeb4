package resource

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"claviger/oauth"
)

// Kinds of credential.
const (
	AccessToken = "access_token"
	APIKey      = "api_key"
)

// Subject types.
const (
	SubjectPerson         = "person"
	SubjectServiceAccount = "service_account"
	SubjectAPIKey         = "api_key"
	SubjectClient         = "client"
)

// Caller is who sent a request, as its credential proves. It must not be changed.
type Caller struct {
	Kind           string      // of the credential: AccessToken or APIKey
	Subject        string      // who acts: id of the person, service account, API key or client
	SubjectType    string      // which of these
	ClientID       string      // through what: the client, or the API key in its place
	OrganisationID string      // for whom; empty: none was chosen
	AccountID      string      // that the credential is bound to; empty: to none
	Role           string      // code of the API key's role; empty for access tokens
	Scopes         oauth.Scope // that the credential has
	Products       []string    // that the client has, where its tokens say so
	ExpiresAt      time.Time   // zero: never
	// ActingAccount is the account that the request says it is for, by
	// Config.ActingAccountHeader. Nothing but a Permission proves it.
	ActingAccount string
	// Claims is the JSON object that all this was read from: the claims of the
	// access token, or what the server says of the API key (RFC 7662 §2.2).
	Claims json.RawMessage
}

// HasScope reports whether the credential has a scope.
func (c *Caller) HasScope(name string) bool { return name != "" && c.Scopes.Has(name) }

// HasProduct reports whether the client has a product.
func (c *Caller) HasProduct(name string) bool { return name != "" && slices.Contains(c.Products, name) }

type callerKey struct{}

// From returns who sent the request of a context; nil outside of Require.
func From(ctx context.Context) *Caller {
	caller, _ := ctx.Value(callerKey{}).(*Caller)
	return caller
}

// With returns a context with a caller, for the tests of handlers.
func With(ctx context.Context, c *Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}
