package client

import (
	"context"
	"iter"
	"time"
)

// Organisation is a tenant of the platform.
type Organisation struct {
	Versioned
	ID        string            `json:"id"`
	Number    int64             `json:"number"`
	Code      string            `json:"code"` // unique
	Name      string            `json:"name"`
	Status    string            `json:"status"` // ACTIVE, SUSPENDED or DISABLED
	Email     string            `json:"email,omitempty"`
	Phone     string            `json:"phone,omitempty"`
	Verified  bool              `json:"verified"`
	Services  map[string]string `json:"services,omitempty"` // service scope -> URI
	CreatedAt time.Time         `json:"created_at"`
}

// NewOrganisation is what an organisation is made from. Code empty: a generated one.
type NewOrganisation struct {
	Code     string            `json:"code,omitempty"`
	Name     string            `json:"name"`
	Email    string            `json:"email,omitempty"`
	Phone    string            `json:"phone,omitempty"`
	Verified bool              `json:"verified,omitempty"`
	Services map[string]string `json:"services,omitempty"`
}

// OrganisationChange says what is to be different; nil stays.
type OrganisationChange struct {
	Code     *string            `json:"code,omitempty"`
	Name     *string            `json:"name,omitempty"`
	Email    *string            `json:"email,omitempty"`
	Phone    *string            `json:"phone,omitempty"`
	Status   *string            `json:"status,omitempty"`
	Verified *bool              `json:"verified,omitempty"`
	Services *map[string]string `json:"services,omitempty"`
}

// Organisations lists those that the caller is in; for the platform, all. With a
// code, it is the one that has it, or none.
func (c *Client) Organisations(ctx context.Context, code string) iter.Seq2[Organisation, error] {
	return list[Organisation](ctx, c, "/organisations", values("code", code))
}

// Organisation returns an organisation by its id.
func (c *Client) Organisation(ctx context.Context, id string) (*Organisation, error) {
	return get[Organisation](ctx, c, path("organisations", id))
}

// CreateOrganisation makes an organisation without accounts.
func (c *Client) CreateOrganisation(ctx context.Context, n NewOrganisation) (*Organisation, error) {
	return create[Organisation](ctx, c, "/organisations", n)
}

// UpdateOrganisation changes an organisation of that version.
func (c *Client) UpdateOrganisation(ctx context.Context, id, version string, change OrganisationChange) (*Organisation, error) {
	return update[Organisation](ctx, c, path("organisations", id), version, change)
}

// Account is an account of an organisation.
type Account struct {
	Versioned
	ID             string    `json:"id"`
	Number         int64     `json:"number"`
	OrganisationID string    `json:"organisation_id"`
	Name           string    `json:"name"`
	Type           string    `json:"type"` // org or individual
	Currency       string    `json:"currency,omitempty"`
	Category       string    `json:"category,omitempty"`
	Status         string    `json:"status"`
	Flags          []string  `json:"flags,omitempty"`
	Subscriptions  []string  `json:"subscriptions,omitempty"`
	Test           bool      `json:"test"`
	CreatedAt      time.Time `json:"created_at"`
}

// NewAccount is what another account of an organisation is made from.
type NewAccount struct {
	Name     string `json:"name"`
	Currency string `json:"currency,omitempty"`
	Test     bool   `json:"test,omitempty"`
}

// AccountChange says what is to be different; nil stays.
type AccountChange struct {
	Name          *string   `json:"name,omitempty"`
	Currency      *string   `json:"currency,omitempty"`
	Category      *string   `json:"category,omitempty"`
	Status        *string   `json:"status,omitempty"`
	Flags         *[]string `json:"flags,omitempty"`
	Subscriptions *[]string `json:"subscriptions,omitempty"`
}

// Accounts lists the accounts of an organisation that the caller reaches.
func (c *Client) Accounts(ctx context.Context, organisationID string) iter.Seq2[Account, error] {
	return list[Account](ctx, c, path("organisations", organisationID, "accounts"), nil)
}

// Account returns an account.
func (c *Client) Account(ctx context.Context, id string) (*Account, error) {
	return get[Account](ctx, c, path("accounts", id))
}

// CreateAccount makes another account of an organisation.
func (c *Client) CreateAccount(ctx context.Context, organisationID string, n NewAccount) (*Account, error) {
	return create[Account](ctx, c, path("organisations", organisationID, "accounts"), n)
}

// UpdateAccount changes an account of that version.
func (c *Client) UpdateAccount(ctx context.Context, id, version string, change AccountChange) (*Account, error) {
	return update[Account](ctx, c, path("accounts", id), version, change)
}
