package store

import (
	"context"
	"fmt"

	"claviger/internal/core"
	"claviger/internal/store/queries"
	"claviger/oauth"
)

// MembershipsOf returns the memberships of a user.
func (s *Store) MembershipsOf(ctx context.Context, userID string) ([]*core.Membership, error) {
	return s.membershipsOf.get(ctx, s, userID, func(ctx context.Context) ([]*core.Membership, error) {
		return membershipsOf(ctx, s.read, userID)
	})
}

// MembersOf returns the memberships that cover an account.
func (s *Store) MembersOf(ctx context.Context, account *core.Account) ([]*core.Membership, error) {
	key := pair{account.OrganisationID, account.ID}
	return s.membersOf.get(ctx, s, key, func(ctx context.Context) ([]*core.Membership, error) {
		return membersOf(ctx, s.read, account)
	})
}

// Membership reads within the transaction.
func (tx *Tx) Membership(id string) (*core.Membership, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Membership, error) {
		row, err := q.Membership(ctx, id)
		return one(row, err, "membership", membershipOf)
	})
}

// MembershipsOf reads within the transaction.
func (tx *Tx) MembershipsOf(userID string) ([]*core.Membership, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) ([]*core.Membership, error) {
		return membershipsOf(ctx, q, userID)
	})
}

// MembersOf reads within the transaction. For a rule over it to hold until the
// commit, Serialize must come before it.
func (tx *Tx) MembersOf(account *core.Account) ([]*core.Membership, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) ([]*core.Membership, error) {
		return membersOf(ctx, q, account)
	})
}

// PutMembership inserts or replaces a membership. Its user, organisation and
// role must exist.
func (tx *Tx) PutMembership(m *core.Membership) error {
	tx.fillID(&m.ID, core.PrefixMembership)
	return tx.change("membership", func(ctx context.Context, q *queries.Queries) error {
		createdAt, err := q.PutMembership(ctx, queries.PutMembershipParams{
			ID: m.ID, UserID: m.UserID, OrganisationID: m.OrganisationID, AccountID: m.AccountID, RoleID: m.RoleID,
			CreatedAt: tx.createdAt(m.CreatedAt),
		})
		if err != nil {
			return err
		}
		fill(tx, &m.CreatedAt, instant(createdAt))
		return nil
	})
}

// DeleteMembership deletes a membership, whoever is left.
func (tx *Tx) DeleteMembership(id string) error {
	deleted, err := tx.changed("membership", func(ctx context.Context, q *queries.Queries) (int64, error) {
		return q.DeleteMembership(ctx, id)
	})
	if err == nil && deleted == 0 {
		err = fmt.Errorf("membership: %w", core.ErrNotFound)
	}
	return err
}

// RemoveMember deletes a membership unless an account, or an organisation without any,
// would be left without an active owner: ReasonLastOwner. Of two that remove the last two owners at the same
// time, one gets it.
func (tx *Tx) RemoveMember(id string) error {
	deleted, err := tx.changed("membership", func(ctx context.Context, q *queries.Queries) (int64, error) {
		return q.RemoveMember(ctx, id)
	})
	if err != nil || deleted > 0 {
		return err
	}
	if _, err := tx.Membership(id); err != nil {
		return err
	}
	return oauth.NewError(oauth.ReasonLastOwner)
}

func membershipsOf(ctx context.Context, q *queries.Queries, userID string) ([]*core.Membership, error) {
	rows, err := q.MembershipsOf(ctx, userID)
	return each(rows, err, "memberships", membershipOf)
}

func membersOf(ctx context.Context, q *queries.Queries, account *core.Account) ([]*core.Membership, error) {
	rows, err := q.MembersOf(ctx, queries.MembersOfParams{OrganisationID: account.OrganisationID, AccountID: account.ID})
	return each(rows, err, "memberships", membershipOf)
}

func membershipOf(row queries.Membership) (*core.Membership, error) {
	return &core.Membership{
		ID: row.ID, UserID: row.UserID, OrganisationID: row.OrganisationID, AccountID: row.AccountID,
		RoleID: row.RoleID, CreatedAt: instant(row.CreatedAt),
	}, nil
}
