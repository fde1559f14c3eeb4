package main

import (
	"context"
	"time"

	"claviger/client"
	"claviger/oauth"
)

type apiKeyList struct {
	reach
	Organisation string `placeholder:"CODE" help:"Only the keys of this organisation."`
	JSON         bool   `name:"json" help:"Print JSON."`
}

// listedKey is an API key as --json prints it.
type listedKey struct {
	ID           string      `json:"id"`
	Name         string      `json:"name"`
	Organisation string      `json:"organisation"` // code
	Account      string      `json:"account"`
	Dialect      string      `json:"dialect,omitzero"`
	Role         string      `json:"role,omitzero"` // code
	Scopes       oauth.Scope `json:"scopes"`
	Enabled      bool        `json:"enabled"`
	State        string      `json:"state"`
	ExpiresAt    time.Time   `json:"expires_at,omitzero"`
	LastUsedAt   time.Time   `json:"last_used_at,omitzero"`
	CreatedBy    string      `json:"created_by"`
	CreatedAt    time.Time   `json:"created_at"`
}

// Run lists the keys.
func (a *apiKeyList) Run(ctx context.Context, c *command) error {
	api, done, err := c.reach(ctx, a.reach)
	if err != nil {
		return err
	}
	defer done()
	keys, err := a.collect(ctx, c, api)
	if err != nil {
		return err
	}
	if a.JSON {
		return c.json(keys)
	}
	if len(keys) == 0 {
		c.print("There are no API keys; \"claviger apikey create\" makes one.\n")
		return nil
	}
	var rows [][]string
	for _, k := range keys {
		rights := k.Scopes.String()
		if k.Role != "" {
			rights = "role " + k.Role
		}
		rows = append(rows, []string{
			k.Name, k.ID, k.Organisation, k.Account, rights, k.State, orNever(k.ExpiresAt), orNever(k.LastUsedAt),
		})
	}
	c.table([]string{"NAME", "ID", "ORGANISATION", "ACCOUNT", "RIGHTS", "STATE", "EXPIRES", "LAST USED"}, rows)
	return nil
}

func (a *apiKeyList) collect(ctx context.Context, c *command, api *client.Client) ([]listedKey, error) {
	organisations, err := organisationsNamed(ctx, api, a.Organisation)
	if err != nil {
		return nil, err
	}
	keys, roles := []listedKey{}, map[string]string{}
	for _, organisation := range organisations {
		found, err := all(api.APIKeys(ctx, organisation.ID, ""))
		if err != nil {
			return nil, err
		}
		for _, k := range found {
			role, err := roleCode(ctx, api, roles, k.RoleID)
			if err != nil {
				return nil, err
			}
			keys = append(keys, listedKey{
				ID: k.ID, Name: k.Name, Organisation: organisation.Code, Account: k.AccountID, Dialect: k.Dialect, Role: role,
				Scopes: k.Scopes, Enabled: k.Enabled, State: keyState(&k, c.now()), ExpiresAt: k.ExpiresAt,
				LastUsedAt: k.LastUsedAt, CreatedBy: k.CreatedBy, CreatedAt: k.CreatedAt,
			})
		}
	}
	return keys, nil
}

// roleCode is the code of a role, which known remembers; its id where the caller may
// not see it.
func roleCode(ctx context.Context, api *client.Client, known map[string]string, id string) (string, error) {
	return recall(known, id, func() (string, error) {
		role, err := api.Role(ctx, id)
		if err != nil {
			return "", err
		}
		return role.Code, nil
	})
}

// keyState is the one word for whether a key works.
func keyState(k *client.APIKey, now time.Time) string {
	switch {
	case !k.Enabled:
		return "disabled"
	case !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt):
		return "expired"
	}
	return "enabled"
}
