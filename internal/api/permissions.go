package api

import (
	"context"
	"net/http"

	"claviger/internal/core"
)

// Permission is something that can be allowed.
type Permission struct {
	Name        string   `json:"name"`
	RequiresAny []string `json:"requires_any" nullable:"false" doc:"Conditions, of which one must be met; none: no condition."`
}

func permissionOf(p *core.Permission) Permission {
	return Permission{Name: p.Name, RequiresAny: append([]string{}, p.RequiresAny...)}
}

func (a *API) permissions() {
	route(a, http.MethodGet, "/permissions", "list-permissions", "What roles can grant", "Roles",
		func(ctx context.Context, in *struct{ Paging }) (*listed[Permission], error) {
			all, err := a.Admin.ListPermissions(ctx)
			if err != nil {
				return nil, err
			}
			return pageOf(a, in.Paging, "permissions", all, func(p *core.Permission) entry { return entry{p.Name, ""} }, false, permissionOf)
		})
}
