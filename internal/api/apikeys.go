package api

import (
	"context"
	"net/http"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/oauth"
)

// APIKey is a credential of an account.
type APIKey struct {
	ID               string     `json:"id"`
	OrganisationID   string     `json:"organisation_id"`
	AccountID        string     `json:"account_id"`
	Name             string     `json:"name"`
	RoleID           string     `json:"role_id,omitempty"`
	Scopes           []string   `json:"scopes,omitempty" nullable:"false"`
	Dialect          string     `json:"dialect,omitempty"`
	Enabled          bool       `json:"enabled"`
	ExpiresAt        *time.Time `json:"expires_at,omitempty"`
	AllowedAddresses []string   `json:"allowed_addresses,omitempty" nullable:"false" doc:"Networks; none: anywhere."`
	AddressMode      string     `json:"address_mode" enum:"enforce,report" doc:"What happens elsewhere: refused, or noted in the audit trail."`
	LastUsedAt       *time.Time `json:"last_used_at,omitempty" doc:"May lag by seconds."`
	LastUsedFrom     string     `json:"last_used_from,omitempty"`
	CreatedBy        string     `json:"created_by"`
	CreatedAt        time.Time  `json:"created_at"`
	Secret           string     `json:"secret,omitempty" doc:"When it is made or rotated, and never again."`
}

func apiKeyOf(k *core.APIKey) APIKey {
	mode := k.AddressMode
	if mode == "" {
		mode = core.AddressEnforce
	}
	return APIKey{
		ID: k.ID, OrganisationID: k.OrganisationID, AccountID: k.AccountID, Name: k.Name, RoleID: k.RoleID, Scopes: k.Scopes,
		Dialect: k.Dialect, Enabled: k.Enabled, ExpiresAt: optional(k.ExpiresAt), AllowedAddresses: k.AllowedFrom,
		AddressMode: string(mode), LastUsedAt: optional(k.LastUsedAt), LastUsedFrom: k.LastUsedFrom, CreatedBy: k.CreatedBy, CreatedAt: k.CreatedAt,
	}
}

func newAPIKeyOf(made admin.Made[core.APIKey]) APIKey {
	key := apiKeyOf(made.Thing)
	key.Secret = made.Secret
	return key
}

// optional is nil for the zero time.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// APIKeyCreate is what an API key is made from.
type APIKeyCreate struct {
	AccountID        string           `json:"account_id"`
	Name             string           `json:"name"`
	Role             string           `json:"role,omitempty" doc:"Code of a role; empty: scopes alone."`
	Scopes           []string         `json:"scopes,omitempty" nullable:"false"`
	Dialect          string           `json:"dialect,omitempty"`
	ExpiresAt        time.Time        `json:"expires_at,omitempty" doc:"At most a year away; empty: as late as possible."`
	WithID           bool             `json:"with_id,omitempty" doc:"Presented as id and secret alone, for access tokens."`
	AllowedAddresses []string         `json:"allowed_addresses,omitempty" nullable:"false"`
	AddressMode      core.AddressMode `json:"address_mode,omitempty" enum:"enforce,report"`
}

// APIKeyUpdate says what is to be different.
type APIKeyUpdate struct {
	Name             *string           `json:"name,omitempty"`
	ExpiresAt        *time.Time        `json:"expires_at,omitempty"`
	Enabled          *bool             `json:"enabled,omitempty"`
	AllowedAddresses *[]string         `json:"allowed_addresses,omitempty" nullable:"false"`
	AddressMode      *core.AddressMode `json:"address_mode,omitempty" enum:"enforce,report"`
}

// Rotation says for how long an old secret works on.
type Rotation struct {
	OverlapSeconds int64 `json:"overlap_seconds,omitempty" minimum:"0" maximum:"2592000" doc:"How long the old secret works beside the new one."`
}

func (r Rotation) overlap() time.Duration { return time.Duration(r.OverlapSeconds) * time.Second }

func (a *API) apiKeys() {
	const tag = "API keys"
	keys := map[string]func(*core.APIKey) string{
		"name":         func(k *core.APIKey) string { return k.Name },
		"created_at":   func(k *core.APIKey) string { return instant(k.CreatedAt) },
		"expires_at":   func(k *core.APIKey) string { return instant(k.ExpiresAt) },
		"last_used_at": func(k *core.APIKey) string { return instant(k.LastUsedAt) },
	}
	route(a, http.MethodGet, "/organisations/{organisation_id}/api-keys", "list-api-keys", "The API keys of an organisation", tag,
		func(ctx context.Context, in *struct {
			InOrganisation
			Paging
			AccountID string `query:"account_id" maxLength:"128" doc:"Of this account alone."`
			Sort      string `query:"sort" enum:"name,-name,created_at,-created_at,expires_at,-expires_at,last_used_at,-last_used_at" default:"name"`
		}) (*listed[APIKey], error) {
			all, err := a.Admin.ListOrganisationAPIKeys(ctx, actor(ctx), in.OrganisationID, in.AccountID)
			if err != nil {
				return nil, err
			}
			place, descending := sortBy(in.Sort, func(k *core.APIKey) string { return k.ID }, keys)
			return pageOf(a, in.Paging, "api-keys "+in.OrganisationID+" "+in.AccountID+" "+in.Sort, all, place, descending, apiKeyOf)
		})
	route(a, http.MethodPost, "/organisations/{organisation_id}/api-keys", "create-api-key", "Make an API key; its secret is shown this once", tag, a.createAPIKey)
	route(a, http.MethodGet, "/api-keys/{id}", "get-api-key", "An API key", tag,
		func(ctx context.Context, in *ByID) (*shown[APIKey], error) {
			key, err := a.Admin.GetAPIKey(ctx, actor(ctx), in.ID)
			return show(key, apiKeyOf, err)
		})
	route(a, http.MethodPatch, "/api-keys/{id}", "update-api-key", "Change an API key", tag, a.updateAPIKey)
	route(a, http.MethodPost, "/api-keys/{id}/rotate", "rotate-api-key", "Give an API key a new secret", tag,
		func(ctx context.Context, in *struct {
			ByID
			Repeatable
			Body Rotation
		}) (*shown[APIKey], error) {
			return once(ctx, a, in.Repeatable, "rotate-api-key", []any{in.ID, in.Body}, func(who admin.Actor) error {
				_, _, err := a.Admin.RotateAPIKey(ctx, who, in.ID, in.Body.overlap())
				return err
			}, newAPIKeyOf)
		})
	route(a, http.MethodDelete, "/api-keys/{id}", "revoke-api-key", "End an API key for good", tag,
		func(ctx context.Context, in *ByID) (*done, error) {
			return nil, a.Admin.RevokeAPIKey(ctx, actor(ctx), in.ID)
		})
}

func (a *API) createAPIKey(ctx context.Context, in *struct {
	InOrganisation
	Repeatable
	Body APIKeyCreate
}) (*shown[APIKey], error) {
	b := in.Body
	return once(ctx, a, in.Repeatable, "create-api-key", []any{in.OrganisationID, b}, func(who admin.Actor) error {
		_, _, err := a.Admin.CreateAPIKey(ctx, who, admin.NewAPIKey{
			OrganisationID: in.OrganisationID, AccountID: b.AccountID, Name: b.Name, RoleCode: b.Role, Scopes: oauth.Scope(b.Scopes),
			ExpiresAt: b.ExpiresAt, Dialect: b.Dialect, WithID: b.WithID, AllowedFrom: b.AllowedAddresses, AddressMode: b.AddressMode,
		})
		return err
	}, newAPIKeyOf)
}

func (a *API) updateAPIKey(ctx context.Context, in *struct {
	ByID
	Versioned
	Body APIKeyUpdate
}) (*shown[APIKey], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	key, err := a.Admin.UpdateAPIKey(ctx, actor(ctx), in.ID, version, admin.APIKeyChange{
		Name: in.Body.Name, ExpiresAt: in.Body.ExpiresAt, Enabled: in.Body.Enabled, AllowedFrom: in.Body.AllowedAddresses,
		AddressMode: in.Body.AddressMode,
	})
	return show(key, apiKeyOf, err)
}
