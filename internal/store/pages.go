package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Page says which part of a list is wanted: at most Limit entries by id, after the
// one with the id After (empty: from the beginning). Ids of ours sort by time.
type Page struct {
	After      string
	Limit      int
	Descending bool
	Text       string // of organisations and clients: those alone whose name, code, company or id holds it, in any case as far as it is ASCII
	Unowned    bool   // of clients: those of no organisation alone
}

// words is the pattern of texts that hold another, in which nothing stands for
// anything else (F10).
func (p Page) words() string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(p.Text)) + "%"
}

// OrganisationPage returns a page of all organisations. It is never cached.
func (s *Store) OrganisationPage(ctx context.Context, p Page) ([]*core.Organisation, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Organisation, error) {
		if p.Descending {
			rows, err := s.read.OrganisationsBefore(ctx, queries.OrganisationsBeforeParams{Before: p.After, Words: p.words(), Most: int32(p.Limit)})
			return each(rows, err, "organisations", organisationOf)
		}
		rows, err := s.read.OrganisationsAfter(ctx, queries.OrganisationsAfterParams{After: p.After, Words: p.words(), Most: int32(p.Limit)})
		return each(rows, err, "organisations", organisationOf)
	})
}

// ClientPage returns a page of all clients. It is never cached.
func (s *Store) ClientPage(ctx context.Context, p Page) ([]*core.Client, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Client, error) {
		if p.Descending {
			rows, err := s.read.ClientsBefore(ctx, queries.ClientsBeforeParams{Before: p.After, Owned: !p.Unowned, Words: p.words(), Most: int32(p.Limit)})
			return each(rows, err, "clients", clientOf)
		}
		rows, err := s.read.ClientsAfter(ctx, queries.ClientsAfterParams{After: p.After, Owned: !p.Unowned, Words: p.words(), Most: int32(p.Limit)})
		return each(rows, err, "clients", clientOf)
	})
}

// ClientsOf returns the clients that an organisation owns. It is never cached.
func (s *Store) ClientsOf(ctx context.Context, organisationID string) ([]*core.Client, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Client, error) {
		rows, err := s.read.ClientsOfOrganisation(ctx, organisationID)
		return each(rows, err, "clients", clientOf)
	})
}

// ServiceAccountsOf returns the service accounts of an organisation. It is never
// cached.
func (s *Store) ServiceAccountsOf(ctx context.Context, organisationID string) ([]*core.User, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.User, error) {
		rows, err := s.read.ServiceAccountsOf(ctx, organisationID)
		return each(rows, err, "users", userOf)
	})
}

// MembershipsIn returns all memberships of an organisation and of its accounts. It
// is never cached.
func (s *Store) MembershipsIn(ctx context.Context, organisationID string) ([]*core.Membership, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Membership, error) {
		rows, err := s.read.MembershipsOfOrganisation(ctx, organisationID)
		return each(rows, err, "memberships", membershipOf)
	})
}

// Membership returns the membership with an id. It is never cached.
func (s *Store) Membership(ctx context.Context, id string) (*core.Membership, error) {
	return uncached(ctx, s, func(ctx context.Context) (*core.Membership, error) {
		row, err := s.read.Membership(ctx, id)
		return one(row, err, "membership", membershipOf)
	})
}

// DeleteRole deletes a role that nothing has: neither a membership, nor an API key,
// nor an invitation that is open at now. Otherwise it is core.ErrConflict.
func (tx *Tx) DeleteRole(id string, now time.Time) error {
	if err := tx.Serialize(); err != nil {
		return err
	}
	uses, err := find(tx, func(ctx context.Context, q *queries.Queries) (int64, error) {
		return q.RoleUses(ctx, queries.RoleUsesParams{ID: id, Now: millis(now)})
	})
	switch {
	case err != nil:
		return err
	case uses > 0:
		return fmt.Errorf("role: it is in use: %w", core.ErrConflict)
	}
	deleted, err := tx.changed("role", func(ctx context.Context, q *queries.Queries) (int64, error) { return q.DeleteRole(ctx, id) })
	if err == nil && deleted == 0 {
		err = fmt.Errorf("role: %w", core.ErrNotFound)
	}
	return err
}
