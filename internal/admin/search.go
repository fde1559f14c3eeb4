package admin

import (
	"context"

	"claviger/internal/core"
	"claviger/internal/store"
)

// FindOrganisations returns a page of all organisations whose name or code holds a
// text. Only the platform searches.
func (s *Service) FindOrganisations(ctx context.Context, actor Actor, text string, page store.Page) ([]*core.Organisation, error) {
	if err := s.platformOnly(ctx, actor); err != nil {
		return nil, err
	}
	return s.Store.FindOrganisations(ctx, text, page)
}

// FindClients returns a page of all clients whose name, company or id holds a text.
func (s *Service) FindClients(ctx context.Context, actor Actor, text string, page store.Page) ([]*core.Client, error) {
	if err := s.platformOnly(ctx, actor); err != nil {
		return nil, err
	}
	return s.Store.FindClients(ctx, text, page)
}
