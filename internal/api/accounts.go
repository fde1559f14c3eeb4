package api

import (
	"context"
	"net/http"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
)

// Account is an account of an organisation.
type Account struct {
	ID             string    `json:"id"`
	Number         int64     `json:"number"`
	OrganisationID string    `json:"organisation_id"`
	Name           string    `json:"name"`
	Type           string    `json:"type" enum:"org,individual"`
	Currency       string    `json:"currency,omitempty"`
	Category       string    `json:"category,omitempty"`
	Status         string    `json:"status" enum:"ACTIVE,SUSPENDED,DISABLED"`
	Flags          []string  `json:"flags,omitempty" nullable:"false"`
	Subscriptions  []string  `json:"subscriptions,omitempty" nullable:"false"`
	Test           bool      `json:"test"`
	CreatedAt      time.Time `json:"created_at"`
}

func accountOf(x *core.Account) Account {
	return Account{
		ID: x.ID, Number: x.Number, OrganisationID: x.OrganisationID, Name: x.Name, Type: x.Type, Currency: x.Currency,
		Category: x.Category, Status: string(x.Status), Flags: x.Flags, Subscriptions: x.Subscriptions, Test: x.Test, CreatedAt: x.CreatedAt,
	}
}

// AccountCreate is what another account of an organisation is made from.
type AccountCreate struct {
	Name     string `json:"name"`
	Currency string `json:"currency,omitempty"`
	Test     bool   `json:"test,omitempty"`
}

// AccountUpdate says what is to be different.
type AccountUpdate struct {
	Name          *string      `json:"name,omitempty"`
	Currency      *string      `json:"currency,omitempty"`
	Category      *string      `json:"category,omitempty"`
	Status        *core.Status `json:"status,omitempty" enum:"ACTIVE,SUSPENDED,DISABLED"`
	Flags         *[]string    `json:"flags,omitempty" nullable:"false"`
	Subscriptions *[]string    `json:"subscriptions,omitempty" nullable:"false"`
}

func (a *API) accounts() {
	const tag = "Accounts"
	byName := map[string]func(*core.Account) string{
		"name": func(x *core.Account) string { return x.Name }, "created_at": func(x *core.Account) string { return instant(x.CreatedAt) },
	}
	route(a, http.MethodGet, "/organisations/{organisation_id}/accounts", "list-accounts", "The accounts of an organisation that you reach", tag,
		func(ctx context.Context, in *struct {
			InOrganisation
			Paging
			Sort string `query:"sort" enum:"name,-name,created_at,-created_at" default:"created_at"`
		}) (*listed[Account], error) {
			all, err := a.Admin.ListAccounts(ctx, actor(ctx), in.OrganisationID)
			if err != nil {
				return nil, err
			}
			place, descending := sortBy(in.Sort, func(x *core.Account) string { return x.ID }, byName)
			return pageOf(a, in.Paging, "accounts "+in.OrganisationID+" "+in.Sort, all, place, descending, accountOf)
		})
	route(a, http.MethodPost, "/organisations/{organisation_id}/accounts", "create-account", "Make another account", tag,
		func(ctx context.Context, in *struct {
			InOrganisation
			Repeatable
			Body AccountCreate
		}) (*shown[Account], error) {
			return once(ctx, a, in.Repeatable, "create-account", []any{in.OrganisationID, in.Body}, func(who admin.Actor) error {
				_, err := a.Admin.AddAccount(ctx, who, in.OrganisationID, admin.NewAccount{
					Name: in.Body.Name, Currency: in.Body.Currency, Test: in.Body.Test,
				})
				return err
			}, accountOf)
		})
	route(a, http.MethodGet, "/accounts/{id}", "get-account", "An account", tag,
		func(ctx context.Context, in *ByID) (*shown[Account], error) {
			x, err := a.Admin.GetAccount(ctx, actor(ctx), in.ID)
			return show(x, accountOf, err)
		})
	route(a, http.MethodPatch, "/accounts/{id}", "update-account", "Change an account", tag,
		func(ctx context.Context, in *struct {
			ByID
			Versioned
			Body AccountUpdate
		}) (*shown[Account], error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			x, err := a.Admin.ChangeAccount(ctx, actor(ctx), in.ID, version, admin.AccountChange(in.Body))
			return show(x, accountOf, err)
		})
}
