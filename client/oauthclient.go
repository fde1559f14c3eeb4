package client

import (
	"context"
	"iter"
	"time"
)

// OAuthClient is an OAuth client.
type OAuthClient struct {
	Versioned
	ID             string `json:"id"`                        // the client_id
	OrganisationID string `json:"organisation_id,omitempty"` // its owner; empty: a partner, or the platform's own
	Kind           string `json:"kind"`                      // confidential or public
	Status         string `json:"status"`
	OAuthClientSettings
	CreatedAt time.Time `json:"created_at"`
	Secret    string    `json:"secret,omitempty"` // when it is made or rotated, and never again
}

// OAuthClientSettings are what a client may do, and who is behind it.
type OAuthClientSettings struct {
	Name                 string   `json:"name"`
	Dialect              string   `json:"dialect,omitempty"`
	GrantTypes           []string `json:"grant_types,omitempty"`
	Scopes               []string `json:"scopes,omitempty"`
	Products             []string `json:"products,omitempty"`
	RedirectURIs         []string `json:"redirect_uris,omitempty"`
	RedirectHosts        []string `json:"redirect_hosts,omitempty"`
	PostLogoutURIs       []string `json:"post_logout_uris,omitempty"`
	Origins              []string `json:"origins,omitempty"`
	OrganisationIDs      []string `json:"organisation_ids,omitempty"` // that it may act for, beside its owner
	Company              string   `json:"company,omitempty"`
	Website              string   `json:"website,omitempty"`
	Contact              string   `json:"contact,omitempty"`
	RefreshWithoutSecret bool     `json:"refresh_without_secret,omitzero"`
}

// NewOAuthClient is what a client is made from. ID empty: a generated one.
type NewOAuthClient struct {
	ID             string `json:"id,omitempty"`
	OrganisationID string `json:"organisation_id,omitempty"`
	Kind           string `json:"kind,omitempty"`
	OAuthClientSettings
}

// OAuthClientChange says what is to be different; nil stays.
type OAuthClientChange struct {
	Name                 *string   `json:"name,omitempty"`
	Company              *string   `json:"company,omitempty"`
	Website              *string   `json:"website,omitempty"`
	Contact              *string   `json:"contact,omitempty"`
	Status               *string   `json:"status,omitempty"`
	Dialect              *string   `json:"dialect,omitempty"`
	GrantTypes           *[]string `json:"grant_types,omitempty"`
	Scopes               *[]string `json:"scopes,omitempty"`
	Products             *[]string `json:"products,omitempty"`
	RedirectURIs         *[]string `json:"redirect_uris,omitempty"`
	RedirectHosts        *[]string `json:"redirect_hosts,omitempty"`
	PostLogoutURIs       *[]string `json:"post_logout_uris,omitempty"`
	Origins              *[]string `json:"origins,omitempty"`
	OrganisationIDs      *[]string `json:"organisation_ids,omitempty"`
	RefreshWithoutSecret *bool     `json:"refresh_without_secret,omitempty"`
}

// OAuthClients lists the clients that an organisation owns; without one, all of them,
// for the platform.
func (c *Client) OAuthClients(ctx context.Context, organisationID string) iter.Seq2[OAuthClient, error] {
	if organisationID == "" {
		return list[OAuthClient](ctx, c, "/clients", nil)
	}
	return list[OAuthClient](ctx, c, path("organisations", organisationID, "clients"), nil)
}

// OAuthClient returns a client.
func (c *Client) OAuthClient(ctx context.Context, id string) (*OAuthClient, error) {
	return get[OAuthClient](ctx, c, path("clients", id))
}

// CreateOAuthClient makes a client and returns it with its secret.
func (c *Client) CreateOAuthClient(ctx context.Context, n NewOAuthClient) (*OAuthClient, error) {
	return create[OAuthClient](ctx, c, "/clients", n)
}

// UpdateOAuthClient changes a client of that version.
func (c *Client) UpdateOAuthClient(ctx context.Context, id, version string, change OAuthClientChange) (*OAuthClient, error) {
	return update[OAuthClient](ctx, c, path("clients", id), version, change)
}

// RotateOAuthClient gives a client a new secret. The old one works for overlap more,
// in whole seconds.
func (c *Client) RotateOAuthClient(ctx context.Context, id string, overlap time.Duration) (*OAuthClient, error) {
	return create[OAuthClient](ctx, c, path("clients", id, "rotate"), rotation{int64(overlap / time.Second)})
}
