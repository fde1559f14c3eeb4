package client

import (
	"context"
	"iter"
	"time"
)

// APIKey is a credential of an account.
type APIKey struct {
	Versioned
	ID               string    `json:"id"`
	OrganisationID   string    `json:"organisation_id"`
	AccountID        string    `json:"account_id"`
	Name             string    `json:"name"`
	RoleID           string    `json:"role_id,omitempty"`
	Scopes           []string  `json:"scopes,omitempty"`
	Dialect          string    `json:"dialect,omitempty"`
	Enabled          bool      `json:"enabled"`
	ExpiresAt        time.Time `json:"expires_at,omitzero"`         // zero: never
	AllowedAddresses []string  `json:"allowed_addresses,omitempty"` // none: anywhere
	AddressMode      string    `json:"address_mode"`                // enforce or report
	LastUsedAt       time.Time `json:"last_used_at,omitzero"`
	LastUsedFrom     string    `json:"last_used_from,omitempty"`
	CreatedBy        string    `json:"created_by"`
	CreatedAt        time.Time `json:"created_at"`
	Secret           string    `json:"secret,omitempty"` // when it is made or rotated, and never again
}

// NewAPIKey is what an API key is made from.
type NewAPIKey struct {
	AccountID        string    `json:"account_id"`
	Name             string    `json:"name"`
	Role             string    `json:"role,omitempty"` // code
	Scopes           []string  `json:"scopes,omitempty"`
	Dialect          string    `json:"dialect,omitempty"`
	ExpiresAt        time.Time `json:"expires_at,omitzero"` // zero: as late as is allowed
	WithID           bool      `json:"with_id,omitempty"`   // presented as id and secret alone
	AllowedAddresses []string  `json:"allowed_addresses,omitempty"`
	AddressMode      string    `json:"address_mode,omitempty"`
}

// APIKeyChange says what is to be different; nil stays.
type APIKeyChange struct {
	Name             *string    `json:"name,omitempty"`
	ExpiresAt        *time.Time `json:"expires_at,omitempty"`
	Enabled          *bool      `json:"enabled,omitempty"`
	AllowedAddresses *[]string  `json:"allowed_addresses,omitempty"`
	AddressMode      *string    `json:"address_mode,omitempty"`
}

// APIKeys lists the API keys of an organisation; with an account, of that one.
func (c *Client) APIKeys(ctx context.Context, organisationID, accountID string) iter.Seq2[APIKey, error] {
	return list[APIKey](ctx, c, path("organisations", organisationID, "api-keys"), values("account_id", accountID))
}

// APIKey returns an API key.
func (c *Client) APIKey(ctx context.Context, id string) (*APIKey, error) {
	return get[APIKey](ctx, c, path("api-keys", id))
}

// CreateAPIKey makes an API key and returns it with its secret.
func (c *Client) CreateAPIKey(ctx context.Context, organisationID string, n NewAPIKey) (*APIKey, error) {
	return create[APIKey](ctx, c, path("organisations", organisationID, "api-keys"), n)
}

// UpdateAPIKey changes an API key of that version.
func (c *Client) UpdateAPIKey(ctx context.Context, id, version string, change APIKeyChange) (*APIKey, error) {
	return update[APIKey](ctx, c, path("api-keys", id), version, change)
}

// RotateAPIKey gives an API key a new secret. The old one works for overlap more, in
// whole seconds.
func (c *Client) RotateAPIKey(ctx context.Context, id string, overlap time.Duration) (*APIKey, error) {
	return create[APIKey](ctx, c, path("api-keys", id, "rotate"), rotation{int64(overlap / time.Second)})
}

// RevokeAPIKey ends an API key for good.
func (c *Client) RevokeAPIKey(ctx context.Context, id string) error {
	return remove(ctx, c, path("api-keys", id), "")
}

// ServiceAccount is what an integration of an organisation acts as.
type ServiceAccount struct {
	Versioned
	ID             string    `json:"id"`
	OrganisationID string    `json:"organisation_id"`
	Username       string    `json:"username"`
	FullName       string    `json:"full_name,omitempty"`
	Email          string    `json:"email,omitempty"`
	Phone          string    `json:"phone,omitempty"`
	Status         string    `json:"status"`
	CreatedAt      time.Time `json:"created_at"`
	Password       string    `json:"password,omitempty"` // when it is made or reset, and never again
}

// NewServiceAccount is what a service account is made from.
type NewServiceAccount struct {
	Username  string `json:"username"`
	FullName  string `json:"full_name,omitempty"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
	Role      string `json:"role,omitempty"`       // code
	AccountID string `json:"account_id,omitempty"` // where it has the role; empty: in the whole organisation
}

// ServiceAccountChange says what is to be different; nil stays.
type ServiceAccountChange struct {
	FullName *string `json:"full_name,omitempty"`
	Email    *string `json:"email,omitempty"`
	Phone    *string `json:"phone,omitempty"`
	Status   *string `json:"status,omitempty"`
}

// ServiceAccounts lists the service accounts of an organisation.
func (c *Client) ServiceAccounts(ctx context.Context, organisationID string) iter.Seq2[ServiceAccount, error] {
	return list[ServiceAccount](ctx, c, path("organisations", organisationID, "service-accounts"), nil)
}

// ServiceAccount returns a service account.
func (c *Client) ServiceAccount(ctx context.Context, id string) (*ServiceAccount, error) {
	return get[ServiceAccount](ctx, c, path("service-accounts", id))
}

// CreateServiceAccount makes a service account and returns it with its password.
func (c *Client) CreateServiceAccount(ctx context.Context, organisationID string, n NewServiceAccount) (*ServiceAccount, error) {
	return create[ServiceAccount](ctx, c, path("organisations", organisationID, "service-accounts"), n)
}

// UpdateServiceAccount changes a service account of that version.
func (c *Client) UpdateServiceAccount(ctx context.Context, id, version string, change ServiceAccountChange) (*ServiceAccount, error) {
	return update[ServiceAccount](ctx, c, path("service-accounts", id), version, change)
}

// ResetServiceAccount gives a service account a new password. The old one works for
// overlap more, in whole seconds.
func (c *Client) ResetServiceAccount(ctx context.Context, id string, overlap time.Duration) (*ServiceAccount, error) {
	return create[ServiceAccount](ctx, c, path("service-accounts", id, "reset"), rotation{int64(overlap / time.Second)})
}
