package main

import (
	"cmp"
	"context"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/oauth"
)

type connectionCommand struct {
	List connectionList `cmd:"" help:"List the partners that an organisation is connected to."`
	End  connectionEnd  `cmd:"" help:"End a connection: the partner's tokens stop at once, and it can't refresh them."`
}

type connectionList struct {
	place
	Organisation string `required:"" placeholder:"CODE" help:"Organisation whose connections are meant."`
	JSON         bool   `name:"json" help:"Print JSON."`
}

// listedConnection is a connection as --json prints it.
type listedConnection struct {
	ID         string      `json:"id"`
	ClientID   string      `json:"client_id"`
	Partner    string      `json:"partner"`
	Account    string      `json:"account"`
	Company    string      `json:"company"` // name of the account
	Scopes     oauth.Scope `json:"scopes"`
	ApprovedBy string      `json:"approved_by"`
	CreatedAt  time.Time   `json:"created_at"`
	LastUsedAt time.Time   `json:"last_used_at,omitzero"`
}

// Run lists the connections (SD-10).
func (a *connectionList) Run(ctx context.Context, c *command) error {
	instance, err := c.open(ctx, a.place)
	if err != nil {
		return err
	}
	defer instance.Close()
	organisation, err := organisationOf(ctx, instance, a.Organisation)
	if err != nil {
		return err
	}
	connections, err := instance.Admin.ListConnections(ctx, operator, organisation.ID)
	if err != nil {
		return err
	}
	listed := []listedConnection{}
	for _, connection := range connections {
		listed = append(listed, listConnection(connection))
	}
	if a.JSON {
		return c.json(listed)
	}
	if len(listed) == 0 {
		c.print("%s is connected to no partner.\n", plain(organisation.Name))
		return nil
	}
	var rows [][]string
	for _, x := range listed {
		rows = append(rows, []string{
			x.ID, x.Partner, x.Company, x.Scopes.String(), x.ApprovedBy, stamp(x.CreatedAt), orNever(x.LastUsedAt),
		})
	}
	c.table([]string{"ID", "PARTNER", "COMPANY", "SCOPES", "APPROVED BY", "SINCE", "LAST USED"}, rows)
	return nil
}

func listConnection(x admin.Connection) listedConnection {
	return listedConnection{
		ID: x.Consent.ID, ClientID: x.Client.ID, Partner: x.Client.Name, Account: x.Account.ID, Company: x.Account.Name,
		Scopes: x.Consent.Scopes, ApprovedBy: personName(x.ApprovedBy), CreatedAt: x.Consent.CreatedAt, LastUsedAt: x.Consent.LastUsedAt,
	}
}

type connectionEnd struct {
	place
	ID string `arg:"" help:"The id of the connection."`
}

// Run ends the connection (SD-10).
func (a *connectionEnd) Run(ctx context.Context, c *command) error {
	instance, err := c.open(ctx, a.place)
	if err != nil {
		return err
	}
	defer instance.Close()
	if err := instance.Admin.EndConnection(ctx, operator, a.ID); err != nil {
		return unknown(err, "connection", a.ID, "\"claviger connection list\"")
	}
	c.print("Connection %s has ended.\n", plain(a.ID))
	return nil
}

// personName is how a person is called in a list: by what is known of them.
func personName(user *core.User) string {
	return cmp.Or(user.Email, user.Phone, user.Username, user.FullName, user.ID)
}
