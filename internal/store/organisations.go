package store

import (
	"context"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Organisation returns the organisation with an id. The result is shared:
// callers must not modify what a read of the Store returns.
func (s *Store) Organisation(ctx context.Context, id string) (*core.Organisation, error) {
	return s.organisations.get(ctx, s, id, func(ctx context.Context) (*core.Organisation, error) {
		return organisation(ctx, s.read, id)
	})
}

// OrganisationByCode returns the organisation with a code.
func (s *Store) OrganisationByCode(ctx context.Context, code string) (*core.Organisation, error) {
	return s.organisationsByCode.get(ctx, s, code, func(ctx context.Context) (*core.Organisation, error) {
		return organisationByCode(ctx, s.read, code)
	})
}

// Organisations returns all organisations by number. It is not cached.
func (s *Store) Organisations(ctx context.Context) ([]*core.Organisation, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Organisation, error) {
		rows, err := s.read.Organisations(ctx)
		return each(rows, err, "organisations", organisationOf)
	})
}

// Organisation reads within the transaction.
func (tx *Tx) Organisation(id string) (*core.Organisation, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Organisation, error) {
		return organisation(ctx, q, id)
	})
}

// OrganisationByCode reads within the transaction.
func (tx *Tx) OrganisationByCode(code string) (*core.Organisation, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Organisation, error) {
		return organisationByCode(ctx, q, code)
	})
}

// PutOrganisation inserts or replaces an organisation.
func (tx *Tx) PutOrganisation(o *core.Organisation) error {
	tx.fillID(&o.ID, core.PrefixOrganisation)
	return tx.change("organisation", func(ctx context.Context, q *queries.Queries) error {
		row, err := q.PutOrganisation(ctx, queries.PutOrganisationParams{
			ID: o.ID, Number: o.Number, Code: o.Code, Name: o.Name, Status: string(o.Status), Email: o.Email,
			Phone: o.Phone, Verified: o.Verified, Services: encodeMap(o.Services), CreatedAt: tx.createdAt(o.CreatedAt),
		})
		if err != nil {
			return err
		}
		fill(tx, &o.Number, row.Number)
		fill(tx, &o.CreatedAt, instant(row.CreatedAt))
		return nil
	})
}

func organisation(ctx context.Context, q *queries.Queries, id string) (*core.Organisation, error) {
	row, err := q.Organisation(ctx, id)
	return one(row, err, "organisation", organisationOf)
}

func organisationByCode(ctx context.Context, q *queries.Queries, code string) (*core.Organisation, error) {
	row, err := q.OrganisationByCode(ctx, code)
	return one(row, err, "organisation", organisationOf)
}

func organisationOf(row queries.Organisation) (*core.Organisation, error) {
	o := &core.Organisation{
		ID: row.ID, Number: row.Number, Code: row.Code, Name: row.Name, Status: core.Status(row.Status),
		Email: row.Email, Phone: row.Phone, Verified: row.Verified, CreatedAt: instant(row.CreatedAt),
	}
	var d decoder
	d.into("services", row.Services, &o.Services)
	return o, d.err
}
