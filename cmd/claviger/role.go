package main

import (
	"context"

	"claviger/client"
)

type roleCommand struct {
	List   roleList   `cmd:"" help:"List the roles that an organisation can give or, without one, those of the platform."`
	Get    roleGet    `cmd:"" help:"Show a role."`
	Create roleCreate `cmd:"" help:"Make a role of an organisation or, without one, of the platform."`
	Update roleUpdate `cmd:"" help:"Change a role, for everybody who has it."`
	Delete roleDelete `cmd:"" help:"Delete a role that nobody has."`
}

const roleLists = "\"claviger role list\""

type roleList struct {
	reach
	output
	Organisation string `placeholder:"CODE" help:"Organisation, by its code or id. Without it, the platform."`
}

// Run lists the roles.
func (a *roleList) Run(ctx context.Context, c *command) error {
	return list(ctx, c, a.reach, a.output, func(api *client.Client) ([]client.Role, error) {
		id, err := optionalOrganisation(ctx, api, a.Organisation)
		if err != nil {
			return nil, err
		}
		return all(api.Roles(ctx, id))
	}, "There are no roles; \"claviger role create\" makes one.",
		[]string{"CODE", "ID", "NAME", "OF", "OWNER", "ON OWN ACCOUNTS", "ON EVERY ACCOUNT", "ASSIGNS"},
		func(r client.Role) []string {
			return []string{r.Code, r.ID, r.Name, ofRole(&r), yesNo(r.Owner), words(r.Own), words(r.Global), words(r.Assigns)}
		})
}

// optionalOrganisation is the id of an organisation, or none for the platform.
func optionalOrganisation(ctx context.Context, api *client.Client, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	return organisationID(ctx, api, name)
}

func ofRole(r *client.Role) string {
	if r.OrganisationID == "" {
		return "platform"
	}
	return r.OrganisationID
}

func roleFields(r *client.Role) []string {
	return []string{"id", r.ID, "code", r.Code, "name", r.Name, "of", ofRole(r), "owner", yesNo(r.Owner),
		"on own accounts", words(r.Own), "on every account", words(r.Global), "assigns", words(r.Assigns)}
}

type roleGet struct {
	reach
	output
	ID string `arg:"" help:"Id of the role."`
}

// Run shows the role.
func (a *roleGet) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.Role, error) {
		role, err := api.Role(ctx, a.ID)
		return role, unknown(err, "role", a.ID, roleLists)
	}, roleFields, "")
}

type roleCreate struct {
	reach
	output
	Organisation string   `placeholder:"CODE" help:"Organisation, by its code or id. Without it, the platform."`
	Code         string   `required:"" placeholder:"CODE" help:"Code of the role."`
	Name         string   `required:"" placeholder:"NAME" help:"Name of the role."`
	Own          []string `sep:"none" placeholder:"PERMISSION" help:"Permission on the accounts of a member. Repeat it for several."`
	Global       []string `sep:"none" placeholder:"PERMISSION" help:"Permission on everybody's accounts. Repeat it for several."`
	Assigns      []string `sep:"none" placeholder:"CODE" help:"Role that a member may give. Repeat it for several."`
	Owner        bool     `help:"Its members own the organisation: the last one cannot be removed."`
}

// Run makes the role.
func (a *roleCreate) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.Role, error) {
		id, err := optionalOrganisation(ctx, api, a.Organisation)
		if err != nil {
			return nil, err
		}
		return api.CreateRole(ctx, id, client.NewRole{
			Code: a.Code, Name: a.Name, Own: a.Own, Global: a.Global, Assigns: a.Assigns, Owner: a.Owner,
		})
	}, roleFields, "")
}

type roleUpdate struct {
	reach
	output
	ID      string   `arg:"" help:"Id of the role."`
	Name    *string  `placeholder:"NAME" help:"Another name."`
	Own     []string `sep:"none" placeholder:"PERMISSION" help:"The permissions on the accounts of a member, in place of those that it grants; repeat it for several, --own= for none."`
	Global  []string `sep:"none" placeholder:"PERMISSION" help:"The permissions on everybody's accounts, in the same way."`
	Assigns []string `sep:"none" placeholder:"CODE" help:"The roles that a member may give, in the same way."`
}

// Run changes the role.
func (a *roleUpdate) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.Role, error) {
		role, err := api.UpdateRole(ctx, a.ID, client.AnyVersion, client.RoleChange{
			Name: a.Name, Own: texts(a.Own), Global: texts(a.Global), Assigns: texts(a.Assigns),
		})
		return role, unknown(err, "role", a.ID, roleLists)
	}, roleFields, "")
}

type roleDelete struct {
	reach
	ID string `arg:"" help:"Id of the role."`
}

// Run deletes the role.
func (a *roleDelete) Run(ctx context.Context, c *command) error {
	return end(ctx, c, a.reach, func(api *client.Client) error {
		return unknown(api.DeleteRole(ctx, a.ID, client.AnyVersion), "role", a.ID, roleLists)
	}, "Role "+a.ID+" is deleted.")
}
