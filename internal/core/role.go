package core

import "slices"

// PermissionScope says on whose resources a role grants a permission.
type PermissionScope string

// Permission scopes (CP-8).
const (
	OwnAccount   PermissionScope = "own"
	EveryAccount PermissionScope = "global"
)

// Permission is something that can be allowed. RequiresAny lists conditions of
// which at least one must be met (CP-9); empty means none is needed.
type Permission struct {
	Name        string   `json:"name"`
	RequiresAny []string `json:"requires_any"`
}

// PermissionConnect lets a member approve and end connections of an
// organisation to partners (SD-4, SD-10).
const PermissionConnect = "connections:approve"

// Condition is a named expression over the caller's individual account and the
// account that is acted on (CP-9). See internal/permission for its language.
type Condition struct {
	Name string `json:"name"`
	When string `json:"when"` // "'trusted-user' in caller.flags"
}

// Role grants permissions. OrganisationID is empty for a role of the platform.
type Role struct {
	ID             string                     `json:"id"`
	Number         int64                      `json:"number"`
	OrganisationID string                     `json:"organisation_id"`
	Code           string                     `json:"code"` // unique in the organisation
	Name           string                     `json:"name"`
	Grants         map[string]PermissionScope `json:"grants"`      // permission -> scope
	Permissions    []string                   `json:"permissions"` // names, in the order they were declared
	Assigns        []string                   `json:"assigns"`     // codes of the roles that a holder may give
	Owner          bool                       `json:"owner"`       // an account keeps at least one member with it
}

// MayAssign reports whether a holder of r may give other to somebody: it is
// named in Assigns, or other gives nothing that r does not (D06, F03): no
// permission, none on more accounts, no role to give further, no ownership. The
// conditions of a permission are the same for both.
func (r *Role) MayAssign(other *Role) bool {
	if slices.Contains(r.Assigns, other.Code) {
		return true
	}
	if other.Owner && !r.Owner {
		return false
	}
	for permission, scope := range other.Grants {
		own, ok := r.Grants[permission]
		if !ok || (scope != own && own != EveryAccount) {
			return false
		}
	}
	return !slices.ContainsFunc(other.Assigns, func(code string) bool { return !slices.Contains(r.Assigns, code) })
}
