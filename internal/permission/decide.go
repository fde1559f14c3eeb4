package permission

import (
	"claviger/internal/core"
)

// rule is a permission with its conditions, ready to be decided.
type rule struct {
	permission *core.Permission
	conditions []*condition // in the order of RequiresAny; nil for one that is not usable
}

// decide reports whether the subject may use the permission of the rule on the
// target account. A nil target, or one without an id, stands for no account,
// never for all of them (F05): a grant on own accounts is of no use then.
func decide(subject *Subject, r *rule, target *core.Account) Decision {
	if target != nil && (target.ID == "" || target.OrganisationID == "") {
		target = nil
	}
	decision := reach(subject.Held, r.permission.Name, target)
	decision.Met, decision.Missing = r.split(facts{caller: subject.Caller, target: target})
	if decision.Outcome != Granted {
		return decision
	}
	if len(r.permission.RequiresAny) > 0 && len(decision.Met) == 0 {
		decision.Outcome = ConditionMissing
		return decision
	}
	decision.Allowed = true
	return decision
}

// reach finds the role that grants the permission on the target. A grant on own
// accounts that covers the target goes before a global one.
func reach(held []Held, permission string, target *core.Account) Decision {
	var global, own *core.Role
	for i := range held {
		switch scope := granted(held[i].Role, permission); {
		case scope == core.EveryAccount && global == nil:
			global = held[i].Role
		case scope != core.OwnAccount:
		case target != nil && held[i].covers(target):
			return Decision{Outcome: Granted, Role: held[i].Role, Scope: core.OwnAccount}
		case own == nil:
			own = held[i].Role
		}
	}
	switch {
	case global != nil:
		return Decision{Outcome: Granted, Role: global, Scope: core.EveryAccount}
	case own == nil:
		return Decision{Outcome: NoRole}
	case target == nil:
		return Decision{Outcome: NoTarget, Role: own, Scope: core.OwnAccount}
	}
	return Decision{Outcome: ForeignAccount, Role: own, Scope: core.OwnAccount}
}

func granted(role *core.Role, permission string) core.PermissionScope {
	if role == nil || permission == "" {
		return ""
	}
	return role.Grants[permission]
}

// split tells the conditions that are met from those that are not. A condition
// that is not known is not met.
func (r *rule) split(f facts) (met, missing []string) {
	names := r.permission.RequiresAny
	for i, c := range r.conditions {
		if c != nil && c.holds(f) {
			met = with(met, names, i)
		} else {
			missing = with(missing, names, i)
		}
	}
	return met, missing
}

// with adds a name to a list; the first costs no memory.
func with(list, names []string, i int) []string {
	if list == nil {
		return names[i : i+1 : i+1]
	}
	return append(list, names[i])
}
