package client

import (
	"context"
	"iter"
	"time"
)

// Member is somebody with a role in an organisation.
type Member struct {
	Versioned
	ID             string    `json:"id"` // of the membership
	OrganisationID string    `json:"organisation_id"`
	AccountID      string    `json:"account_id,omitempty"` // empty: in the whole organisation
	UserID         string    `json:"user_id"`
	UserKind       string    `json:"user_kind"` // person or service_account
	Name           string    `json:"name,omitempty"`
	Identifier     string    `json:"identifier,omitempty"` // email address, phone number or user name
	Role           string    `json:"role"`                 // code
	Owner          bool      `json:"owner"`
	CreatedAt      time.Time `json:"created_at"`
}

// NewMember gives a service account a role. People are invited.
type NewMember struct {
	UserID    string `json:"user_id"`
	Role      string `json:"role"`
	AccountID string `json:"account_id,omitempty"`
}

// Members lists who has access to an organisation; with an account, the memberships
// of that one alone.
func (c *Client) Members(ctx context.Context, organisationID, accountID string) iter.Seq2[Member, error] {
	return list[Member](ctx, c, path("organisations", organisationID, "members"), values("account_id", accountID))
}

// Member returns a membership.
func (c *Client) Member(ctx context.Context, id string) (*Member, error) {
	return get[Member](ctx, c, path("members", id))
}

// AddMember makes a service account a member.
func (c *Client) AddMember(ctx context.Context, organisationID string, n NewMember) (*Member, error) {
	return create[Member](ctx, c, path("organisations", organisationID, "members"), n)
}

// SetMemberRole gives a member of that version another role.
func (c *Client) SetMemberRole(ctx context.Context, id, version, role string) (*Member, error) {
	return update[Member](ctx, c, path("members", id), version, struct {
		Role string `json:"role"`
	}{role})
}

// RemoveMember takes away a membership of that version.
func (c *Client) RemoveMember(ctx context.Context, id, version string) error {
	return remove(ctx, c, path("members", id), version)
}

// Invitation waits for somebody to become a member.
type Invitation struct {
	ID             string    `json:"id"`
	OrganisationID string    `json:"organisation_id"`
	AccountID      string    `json:"account_id,omitempty"`
	Email          string    `json:"email"`
	Role           string    `json:"role"`
	InvitedBy      string    `json:"invited_by"`
	CreatedAt      time.Time `json:"created_at"`
	ExpiresAt      time.Time `json:"expires_at"`
}

// NewInvitation says who is invited to which role.
type NewInvitation struct {
	Email     string `json:"email"`
	Role      string `json:"role"`                 // code
	AccountID string `json:"account_id,omitempty"` // empty: the whole organisation
	Locale    string `json:"locale,omitempty"`
}

// Invitations lists the invitations of an organisation that can be accepted.
func (c *Client) Invitations(ctx context.Context, organisationID string) iter.Seq2[Invitation, error] {
	return list[Invitation](ctx, c, path("organisations", organisationID, "invitations"), nil)
}

// Invite sends somebody an invitation by mail.
func (c *Client) Invite(ctx context.Context, organisationID string, n NewInvitation) (*Invitation, error) {
	return create[Invitation](ctx, c, path("organisations", organisationID, "invitations"), n)
}

// WithdrawInvitation ends an invitation that has not been accepted.
func (c *Client) WithdrawInvitation(ctx context.Context, id string) error {
	return remove(ctx, c, path("invitations", id), "")
}

// Role grants permissions.
type Role struct {
	Versioned
	ID             string   `json:"id"`
	OrganisationID string   `json:"organisation_id,omitempty"` // empty: a role of the platform
	Code           string   `json:"code"`
	Name           string   `json:"name"`
	Own            []string `json:"own"`     // permissions on the accounts of a membership
	Global         []string `json:"global"`  // permissions on everybody's
	Assigns        []string `json:"assigns"` // codes of roles that a holder may give
	Owner          bool     `json:"owner"`
}

// NewRole is what a role is made from.
type NewRole struct {
	Code    string   `json:"code"`
	Name    string   `json:"name"`
	Own     []string `json:"own,omitempty"`
	Global  []string `json:"global,omitempty"`
	Assigns []string `json:"assigns,omitempty"`
	Owner   bool     `json:"owner,omitempty"`
}

// RoleChange says what is to be different; nil stays.
type RoleChange struct {
	Name    *string   `json:"name,omitempty"`
	Own     *[]string `json:"own,omitempty"`
	Global  *[]string `json:"global,omitempty"`
	Assigns *[]string `json:"assigns,omitempty"`
}

// rolesPath is where the roles of an organisation are, or of the platform.
func rolesPath(organisationID string) string {
	if organisationID == "" {
		return "/roles"
	}
	return path("organisations", organisationID, "roles")
}

// Roles lists the roles that an organisation can give, its own and the platform's;
// without one, those of the platform.
func (c *Client) Roles(ctx context.Context, organisationID string) iter.Seq2[Role, error] {
	return list[Role](ctx, c, rolesPath(organisationID), nil)
}

// Role returns a role.
func (c *Client) Role(ctx context.Context, id string) (*Role, error) {
	return get[Role](ctx, c, path("roles", id))
}

// CreateRole makes a role of an organisation or, without one, of the platform.
func (c *Client) CreateRole(ctx context.Context, organisationID string, n NewRole) (*Role, error) {
	return create[Role](ctx, c, rolesPath(organisationID), n)
}

// UpdateRole changes a role of that version, for everybody who has it.
func (c *Client) UpdateRole(ctx context.Context, id, version string, change RoleChange) (*Role, error) {
	return update[Role](ctx, c, path("roles", id), version, change)
}

// DeleteRole deletes a role of that version that nobody has.
func (c *Client) DeleteRole(ctx context.Context, id, version string) error {
	return remove(ctx, c, path("roles", id), version)
}
