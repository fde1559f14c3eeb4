package permission

import (
	"slices"

	"claviger/internal/core"
)

// Held is one role that the subject holds: in one account of an organisation
// or, with AccountID empty, in all accounts of that organisation.
type Held struct {
	OrganisationID string
	AccountID      string
	Role           *core.Role
}

// Subject is who asks: the roles held, and the flags of the caller's individual
// account (none for an API key).
type Subject struct {
	Held            []Held
	IndividualFlags []string
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
)

// Decision is the answer and its grounds. Role and Scope are set as soon as a
// role reaches the target, even when a condition is missing then.
type Decision struct {
	Allowed bool
	Outcome Outcome
	Role    *core.Role
	Scope   core.PermissionScope
	Met     []string // conditions of the permission that are met
	Missing []string // conditions of the permission that are not
}

// Decide reports whether the subject may use the permission on the target
// account. A nil target, or one without an id, stands for no account, never for
// all of them (F05): a grant on own accounts is of no use then.
func Decide(subject Subject, permission core.Permission, target *core.Account) Decision {
	if target != nil && (target.ID == "" || target.OrganisationID == "") {
		target = nil
	}
	decision := reach(subject.Held, permission.Name, target)
	decision.Met, decision.Missing = conditions(subject, permission.RequiresAny, target)
	if decision.Role == nil {
		return decision
	}
	if len(permission.RequiresAny) > 0 && len(decision.Met) == 0 {
		decision.Outcome = ConditionMissing
		return decision
	}
	decision.Allowed, decision.Outcome = true, Granted
	return decision
}

// reach finds the role that grants the permission on the target. A grant on own
// accounts that covers the target goes before a global one.
func reach(held []Held, permission string, target *core.Account) Decision {
	denied := Decision{Outcome: NoRole}
	var global *core.Role
	for _, h := range held {
		switch scope := granted(h.Role, permission); {
		case scope == core.EveryAccount && global == nil:
			global = h.Role
		case scope != core.OwnAccount:
		case target == nil:
			denied.Outcome = NoTarget
		case h.covers(target):
			return Decision{Role: h.Role, Scope: core.OwnAccount}
		default:
			denied.Outcome = ForeignAccount
		}
	}
	if global != nil {
		return Decision{Role: global, Scope: core.EveryAccount}
	}
	return denied
}

func granted(role *core.Role, permission string) core.PermissionScope {
	if role == nil || permission == "" {
		return ""
	}
	return role.Grants[permission]
}

// covers compares names and knows no wildcard: "*" is a name that nobody has.
func (h Held) covers(account *core.Account) bool {
	return h.OrganisationID == account.OrganisationID && (h.AccountID == "" || h.AccountID == account.ID)
}

// conditions splits the conditions into those met and those not. A condition
// that is not known is not met.
func conditions(subject Subject, required []string, target *core.Account) (met, missing []string) {
	for _, condition := range required {
		if holds(condition, subject, target) {
			met = append(met, condition)
		} else {
			missing = append(missing, condition)
		}
	}
	return met, missing
}

func holds(condition string, subject Subject, target *core.Account) bool {
	switch condition {
	case core.ConditionTrustedUser:
		return slices.Contains(subject.IndividualFlags, core.FlagTrustedUser)
	case core.ConditionExternalAssetIssuer:
		return target != nil && slices.Contains(target.Subscriptions, core.SubscriptionExternalAssetIssuer)
	case core.ConditionOrgAccount:
		return target != nil && target.Type == core.AccountOrg
	}
	return false
}
