package main

import (
	"cmp"
	"context"
	"time"

	"claviger/client"
	"claviger/oauth"
)

type connectionCommand struct {
	List connectionList `cmd:"" help:"List the partners that an organisation is connected to."`
	End  connectionEnd  `cmd:"" help:"End a connection: the partner's tokens stop at once, and it can't refresh them."`
}

type connectionList struct {
	reach
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
	name, listed, err := a.collect(ctx, c)
	if err != nil {
		return err
	}
	if a.JSON {
		return c.json(listed)
	}
	if len(listed) == 0 {
		c.print("%s is connected to no partner.\n", plain(name))
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

// collect returns the name of the organisation and its connections. The names
// of their accounts are looked up.
func (a *connectionList) collect(ctx context.Context, c *command) (string, []listedConnection, error) {
	listed := []listedConnection{}
	api, done, err := c.reach(ctx, a.reach)
	if err != nil {
		return "", nil, err
	}
	defer done()
	organisation, err := organisationNamed(ctx, api, a.Organisation)
	if err != nil {
		return "", nil, err
	}
	accounts := map[string]string{}
	for x, err := range api.Connections(ctx, organisation.ID) {
		if err != nil {
			return "", nil, err
		}
		company, err := recall(accounts, x.AccountID, func() (string, error) {
			account, err := api.Account(ctx, x.AccountID)
			if err != nil {
				return "", err
			}
			return account.Name, nil
		})
		if err != nil {
			return "", nil, err
		}
		listed = append(listed, listedConnection{
			ID: x.ID, ClientID: x.ClientID, Partner: x.ClientName, Account: x.AccountID, Company: company, Scopes: x.Scopes,
			ApprovedBy: cmp.Or(x.Approver, x.ApprovedBy), CreatedAt: x.CreatedAt, LastUsedAt: x.LastUsedAt,
		})
	}
	return organisation.Name, listed, nil
}

type connectionEnd struct {
	reach
	ID string `arg:"" help:"The id of the connection."`
}

// Run ends the connection (SD-10).
func (a *connectionEnd) Run(ctx context.Context, c *command) error {
	return end(ctx, c, a.reach, func(api *client.Client) error {
		return unknown(api.EndConnection(ctx, a.ID), "connection", a.ID, "\"claviger connection list\"")
	}, "Connection "+a.ID+" has ended.")
}
