package store

import (
	"context"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Account returns the account with an id.
func (s *Store) Account(ctx context.Context, id string) (*core.Account, error) {
	return s.accounts.get(ctx, s, id, func(ctx context.Context) (*core.Account, error) {
		return account(ctx, s.read, id)
	})
}

// AccountByNumber returns the account with a number.
func (s *Store) AccountByNumber(ctx context.Context, number int64) (*core.Account, error) {
	return s.accountsByNumber.get(ctx, s, number, func(ctx context.Context) (*core.Account, error) {
		row, err := s.read.AccountByNumber(ctx, number)
		return one(row, err, "account", accountOf)
	})
}

// AccountsOf returns the accounts of an organisation, by rank, then number.
func (s *Store) AccountsOf(ctx context.Context, organisationID string) ([]*core.Account, error) {
	return s.accountsOf.get(ctx, s, organisationID, func(ctx context.Context) ([]*core.Account, error) {
		return accountsOf(ctx, s.read, organisationID)
	})
}

// Account reads within the transaction.
func (tx *Tx) Account(id string) (*core.Account, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Account, error) {
		return account(ctx, q, id)
	})
}

// AccountsOf reads within the transaction.
func (tx *Tx) AccountsOf(organisationID string) ([]*core.Account, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) ([]*core.Account, error) {
		return accountsOf(ctx, q, organisationID)
	})
}

// PutAccount inserts or replaces an account. Its organisation must exist.
func (tx *Tx) PutAccount(a *core.Account) error {
	tx.fillID(&a.ID, core.PrefixAccount)
	return tx.change("account", func(ctx context.Context, q *queries.Queries) error {
		row, err := q.PutAccount(ctx, queries.PutAccountParams{
			ID: a.ID, Number: a.Number, OrganisationID: a.OrganisationID, Name: a.Name, Type: a.Type,
			Currency: a.Currency, Balance: a.Balance, Category: a.Category, Rank: a.Rank, Status: string(a.Status),
			Flags: encode(a.Flags), Subscriptions: encode(a.Subscriptions), Test: a.Test,
			CreatedAt: tx.createdAt(a.CreatedAt),
		})
		if err != nil {
			return err
		}
		fill(tx, &a.Number, row.Number)
		fill(tx, &a.CreatedAt, instant(row.CreatedAt))
		return nil
	})
}

func account(ctx context.Context, q *queries.Queries, id string) (*core.Account, error) {
	row, err := q.Account(ctx, id)
	return one(row, err, "account", accountOf)
}

func accountsOf(ctx context.Context, q *queries.Queries, organisationID string) ([]*core.Account, error) {
	rows, err := q.AccountsOf(ctx, organisationID)
	return each(rows, err, "accounts", accountOf)
}

func accountOf(row queries.Account) (*core.Account, error) {
	var d decoder
	return &core.Account{
		ID: row.ID, Number: row.Number, OrganisationID: row.OrganisationID, Name: row.Name, Type: row.Type,
		Currency: row.Currency, Balance: row.Balance, Category: row.Category, Rank: row.Rank,
		Status: core.Status(row.Status), Flags: d.list("flags", row.Flags),
		Subscriptions: d.list("subscriptions", row.Subscriptions), Test: row.Test, CreatedAt: instant(row.CreatedAt),
	}, d.err
}
