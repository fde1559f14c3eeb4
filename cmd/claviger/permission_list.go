package main

import (
	"context"
	"slices"
	"strings"

	"claviger/internal/core"
)

type permissionList struct {
	place
	JSON bool `name:"json" help:"Print JSON."`
}

// listedPermission is a permission as --json prints it.
type listedPermission struct {
	Name        string   `json:"name"`
	RequiresAny []string `json:"requires_any"`
	Own         []string `json:"own"`    // roles that grant it on own accounts
	Global      []string `json:"global"` // roles that grant it on every account
}

type listedConditions struct {
	Permissions []listedPermission `json:"permissions"`
	Conditions  []*core.Condition  `json:"conditions"`
}

// Run lists the catalogue.
func (a *permissionList) Run(ctx context.Context, c *command) error {
	instance, err := c.open(ctx, a.place)
	if err != nil {
		return err
	}
	defer instance.Close()
	permissions, err := instance.Store.Permissions(ctx)
	if err != nil {
		return err
	}
	conditions, err := instance.Store.Conditions(ctx)
	if err != nil {
		return err
	}
	roles, err := instance.Store.Roles(ctx)
	if err != nil {
		return err
	}
	of, err := codes(ctx, instance)
	if err != nil {
		return err
	}
	listed := listedConditions{Permissions: []listedPermission{}, Conditions: conditions}
	for _, p := range permissions {
		listed.Permissions = append(listed.Permissions, listedPermission{
			Name: p.Name, RequiresAny: slices.Concat([]string{}, p.RequiresAny),
			Own: granting(roles, of, p.Name, core.OwnAccount), Global: granting(roles, of, p.Name, core.EveryAccount),
		})
	}
	if a.JSON {
		return c.json(listed)
	}
	c.printCatalogue(listed)
	return nil
}

// granting names the roles that grant a permission in a scope: CODE, or
// ORGANISATION/CODE where it is an organisation's own.
func granting(roles []*core.Role, organisations map[string]string, name string, scope core.PermissionScope) []string {
	found := []string{}
	for _, role := range roles {
		if role.Grants[name] != scope {
			continue
		}
		code := role.Code
		if role.OrganisationID != "" {
			code = organisations[role.OrganisationID] + "/" + code
		}
		found = append(found, code)
	}
	return found
}

func (c *command) printCatalogue(listed listedConditions) {
	if len(listed.Permissions) == 0 {
		c.print("There are no permissions; declare them in a file and run \"claviger apply\".\n")
		return
	}
	var rows [][]string
	for _, p := range listed.Permissions {
		rows = append(rows, []string{
			p.Name, strings.Join(p.RequiresAny, " "), strings.Join(p.Own, " "), strings.Join(p.Global, " "),
		})
	}
	c.table([]string{"PERMISSION", "REQUIRES ANY", "ON OWN ACCOUNTS", "ON EVERY ACCOUNT"}, rows)
	rows = nil
	for _, condition := range listed.Conditions {
		rows = append(rows, []string{condition.Name, condition.When})
	}
	if len(rows) > 0 {
		c.print("\n")
		c.table([]string{"CONDITION", "WHEN"}, rows)
	}
}
