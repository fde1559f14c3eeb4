package store

import (
	"context"
	"strings"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// FindOrganisations returns a page of those whose name or code holds a text, in any
// case, as far as it is ASCII; ascending alone. It is never cached.
func (s *Store) FindOrganisations(ctx context.Context, text string, p Page) ([]*core.Organisation, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Organisation, error) {
		rows, err := s.read.OrganisationsFound(ctx, queries.OrganisationsFoundParams{Words: within(text), After: p.After, Most: int32(p.Limit)})
		return each(rows, err, "organisations", organisationOf)
	})
}

// FindClients returns a page of those whose name, company or id holds a text, as
// FindOrganisations does.
func (s *Store) FindClients(ctx context.Context, text string, p Page) ([]*core.Client, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Client, error) {
		rows, err := s.read.ClientsFound(ctx, queries.ClientsFoundParams{Words: within(text), After: p.After, Most: int32(p.Limit)})
		return each(rows, err, "clients", clientOf)
	})
}

// within is the pattern of texts that hold another, in which nothing stands for
// anything else (F10).
func within(text string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(text)) + "%"
}
