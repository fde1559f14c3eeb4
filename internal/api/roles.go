package api

import (
	"context"
	"net/http"

	"claviger/internal/admin"
	"claviger/internal/core"
)

// Role grants permissions.
type Role struct {
	ID             string   `json:"id"`
	OrganisationID string   `json:"organisation_id,omitempty" doc:"None: a role of the platform."`
	Code           string   `json:"code"`
	Name           string   `json:"name"`
	Own            []string `json:"own" nullable:"false" doc:"Permissions on the accounts of a membership."`
	Global         []string `json:"global" nullable:"false" doc:"Permissions on everybody's accounts."`
	Assigns        []string `json:"assigns" nullable:"false" doc:"Codes of roles that a holder may give."`
	Owner          bool     `json:"owner"`
}

func roleOf(r *core.Role) Role {
	role := Role{
		ID: r.ID, OrganisationID: r.OrganisationID, Code: r.Code, Name: r.Name, Own: []string{}, Global: []string{}, Assigns: []string{}, Owner: r.Owner,
	}
	for _, name := range r.Permissions {
		if r.Grants[name] == core.EveryAccount {
			role.Global = append(role.Global, name)
		} else {
			role.Own = append(role.Own, name)
		}
	}
	role.Assigns = append(role.Assigns, r.Assigns...)
	return role
}

// RoleCreate is what a role is made from.
type RoleCreate struct {
	Code    string   `json:"code"`
	Name    string   `json:"name"`
	Own     []string `json:"own,omitempty" nullable:"false"`
	Global  []string `json:"global,omitempty" nullable:"false"`
	Assigns []string `json:"assigns,omitempty" nullable:"false"`
	Owner   bool     `json:"owner,omitempty"`
}

// RoleUpdate says what is to be different.
type RoleUpdate struct {
	Name    *string   `json:"name,omitempty"`
	Own     *[]string `json:"own,omitempty" nullable:"false"`
	Global  *[]string `json:"global,omitempty" nullable:"false"`
	Assigns *[]string `json:"assigns,omitempty" nullable:"false"`
}

// RoleList is how roles are asked for.
type RoleList struct {
	Paging
	Sort string `query:"sort" enum:"code,-code" default:"code"`
}

func (a *API) listRoles(ctx context.Context, organisationID string, in RoleList) (*listed[Role], error) {
	all, err := a.Admin.ListRoles(ctx, actor(ctx), organisationID)
	if err != nil {
		return nil, err
	}
	place, descending := sortBy(in.Sort, func(r *core.Role) string { return r.ID }, map[string]func(*core.Role) string{
		"code": func(r *core.Role) string { return r.Code },
	})
	return pageOf(a, in.Paging, "roles "+organisationID+" "+in.Sort, all, place, descending, roleOf)
}

func (a *API) createRole(ctx context.Context, organisationID string, in Repeatable, b RoleCreate) (*shown[Role], error) {
	return once(ctx, a, in, "create-role", []any{organisationID, b}, func(who admin.Actor) error {
		_, err := a.Admin.CreateRole(ctx, who, admin.NewRole{
			OrganisationID: organisationID, Code: b.Code, Name: b.Name, Own: b.Own, Global: b.Global, Assigns: b.Assigns, Owner: b.Owner,
		})
		return err
	}, roleOf)
}

func (a *API) roles() {
	const tag = "Roles"
	route(a, http.MethodGet, "/organisations/{organisation_id}/roles", "list-organisation-roles", "The roles that an organisation can give", tag,
		func(ctx context.Context, in *struct {
			InOrganisation
			RoleList
		}) (*listed[Role], error) {
			return a.listRoles(ctx, in.OrganisationID, in.RoleList)
		})
	route(a, http.MethodPost, "/organisations/{organisation_id}/roles", "create-organisation-role", "Make a role of an organisation", tag,
		func(ctx context.Context, in *struct {
			InOrganisation
			Repeatable
			Body RoleCreate
		}) (*shown[Role], error) {
			return a.createRole(ctx, in.OrganisationID, in.Repeatable, in.Body)
		})
	route(a, http.MethodGet, "/roles", "list-roles", "The roles of the platform, for an operator", tag,
		func(ctx context.Context, in *RoleList) (*listed[Role], error) { return a.listRoles(ctx, "", *in) })
	route(a, http.MethodPost, "/roles", "create-role", "Make a role of the platform", tag,
		func(ctx context.Context, in *struct {
			Repeatable
			Body RoleCreate
		}) (*shown[Role], error) {
			return a.createRole(ctx, "", in.Repeatable, in.Body)
		})
	route(a, http.MethodGet, "/roles/{id}", "get-role", "A role", tag,
		func(ctx context.Context, in *ByID) (*shown[Role], error) {
			role, err := a.Admin.GetRole(ctx, actor(ctx), in.ID)
			return show(role, roleOf, err)
		})
	route(a, http.MethodPatch, "/roles/{id}", "update-role", "Change a role, for everybody who has it", tag,
		func(ctx context.Context, in *struct {
			ByID
			Versioned
			Body RoleUpdate
		}) (*shown[Role], error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			role, err := a.Admin.UpdateRole(ctx, actor(ctx), in.ID, version, admin.RoleChange(in.Body))
			return show(role, roleOf, err)
		})
	route(a, http.MethodDelete, "/roles/{id}", "delete-role", "Delete a role that nobody has", tag,
		func(ctx context.Context, in *struct {
			ByID
			Versioned
		}) (*done, error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			return nil, a.Admin.DeleteRole(ctx, actor(ctx), in.ID, version)
		})
}
