package permission

import (
	"claviger/internal/core"
)

// ActionUse asks for what is not a permission of the catalogue but a property of
// who asks: a product of its client, a scope of its token, the service of its
// token (JP-4, PE-3).
const ActionUse = "use"

// Resource types that mean something here. Any other is a thing that an account
// owns.
const (
	TypeAccount = "account" // ID is the account
	TypeProduct = "product" // with ActionUse: ID is a product of the client
	TypeScope   = "scope"   // with ActionUse: ID is a scope of the authorization
	TypeService = "service" // with ActionUse: ID is the service that the token is for
)

// Query asks whether a subject may do something to a resource.
type Query struct {
	// Authorization is who asks, as it was proved. Where a person has named the
	// account to act for (CP-11), it is the Account here.
	Authorization *core.Authorization
	Action        string // a permission of the catalogue ("payment-requests:pay"), or ActionUse
	Resource      Resource
}

// Resource is what something is done to. The zero Resource is none, which is
// never all of them (F05): a grant on own accounts is of no use then.
type Resource struct {
	Type, ID  string
	AccountID string // who owns it, unless it is itself an account
}

// OnAccount is the resource that an account is; none for nil.
func OnAccount(a *core.Account) Resource {
	if a == nil {
		return Resource{}
	}
	return Resource{Type: TypeAccount, ID: a.ID}
}

// account returns the id of the account that the resource is, or belongs to. It
// returns false where a resource was named and its account was not, or twice.
func (r Resource) account() (id string, ok bool) {
	switch {
	case r == Resource{}:
		return "", true
	case r.Type == TypeAccount:
		return r.ID, r.ID != "" && (r.AccountID == "" || r.AccountID == r.ID)
	}
	return r.AccountID, r.Type != "" && r.AccountID != ""
}

// Held is one role that the subject holds: in one account of an organisation
// or, with AccountID empty, in all accounts of that organisation.
type Held struct {
	OrganisationID string
	AccountID      string
	Role           *core.Role
}

// covers compares names and knows no wildcard: "*" is a name that nobody has.
func (h Held) covers(account *core.Account) bool {
	return h.OrganisationID == account.OrganisationID && (h.AccountID == "" || h.AccountID == account.ID)
}

// Subject is who asks: the roles held, and the caller's individual account, nil
// for all but people.
type Subject struct {
	Held   []Held
	Caller *core.Account
}

// Outcome says in one word why a decision fell as it did.
type Outcome string

// Outcomes.
const (
	Granted          Outcome = "granted"
	NoRole           Outcome = "no_role"           // no role that is held grants the permission
	NoTarget         Outcome = "no_target"         // the permission is on own accounts, and no account was named
	ForeignAccount   Outcome = "foreign_account"   // granted on own accounts, and the target is not one
	ConditionMissing Outcome = "condition_missing" // none of the conditions is met
	NotHeld          Outcome = "not_held"          // ActionUse: the product, scope or service is not one of the caller's
	Unknown          Outcome = "unknown"           // there is no such thing; Decision.Unknown says what
)

// What Decision.Unknown can say.
const (
	UnknownSubject    = "subject" // nobody, or somebody who is stopped
	UnknownPermission = "permission"
	UnknownAccount    = "account"  // of the resource: not there, stopped, or not said
	UnknownResource   = "resource" // of a type that the action is not for
)

// Decision is the answer and its grounds.
type Decision struct {
	Allowed bool
	Outcome Outcome
	Role    *core.Role           // that decided: it reaches the target, or comes nearest to it; nil for none
	Scope   core.PermissionScope // in which Role grants the permission
	Met     []string             // conditions of the permission that are met
	Missing []string             // conditions of the permission that are not
	Unknown string               // with the outcome Unknown

	asked Query // for Why
}
