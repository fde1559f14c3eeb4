package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Client returns the client with an id.
func (s *Store) Client(ctx context.Context, id string) (*core.Client, error) {
	return s.clients.get(ctx, s, id, func(ctx context.Context) (*core.Client, error) { return client(ctx, s.read, id) })
}

// ClientOrKey returns what a client_id names: a client or, where there is none, an API
// key. That there is no client is not asked again for each request of a key.
func (s *Store) ClientOrKey(ctx context.Context, id string) (*core.Client, *core.APIKey, error) {
	found, err := s.byClientID.get(ctx, s, id, func(ctx context.Context) (found clientOrKey, err error) {
		if found.client, err = client(ctx, s.read, id); isNotFound(err) {
			found.key, err = apiKey(ctx, s.read, id)
		}
		return found, err
	})
	return found.client, found.key, err
}

// ClientIDs returns the ids of all clients, in their order. It is not cached.
func (s *Store) ClientIDs(ctx context.Context) ([]string, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]string, error) {
		ids, err := s.read.ClientIDs(ctx)
		return ids, failure("clients", err)
	})
}

// Client reads within the transaction.
func (tx *Tx) Client(id string) (*core.Client, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Client, error) { return client(ctx, q, id) })
}

// PutClient inserts or replaces a client.
func (tx *Tx) PutClient(c *core.Client) error {
	tx.fillID(&c.ID, core.PrefixClient)
	return tx.change("client", func(ctx context.Context, q *queries.Queries) error {
		row, err := q.PutClient(ctx, queries.PutClientParams{
			ID: c.ID, Number: c.Number, OrganisationID: c.OrganisationID, Name: c.Name, Kind: c.Kind,
			Status: string(c.Status), Dialect: c.Dialect, GrantTypes: encode(c.GrantTypes), Scopes: encode(c.Scopes),
			Products: encode(c.Products), RedirectUris: encode(c.RedirectURIs), RedirectHosts: encode(c.RedirectHosts),
			PostLogoutUris: encode(c.PostLogoutURIs), Origins: encode(c.Origins), OrganisationIds: encode(c.OrganisationIDs),
			Company: c.Company, Website: c.Website, Contact: c.Contact,
			AccessLifetime: c.Lifetimes.AccessToken.Milliseconds(), RefreshLifetime: c.Lifetimes.RefreshToken.Milliseconds(),
			RefreshAbsolute: c.Lifetimes.RefreshAbsolute.Milliseconds(), RefreshGrace: c.Lifetimes.RefreshGrace.Milliseconds(),
			RefreshWithoutSecret: c.RefreshWithoutSecret, Browser: marshal(&c.Browser), CreatedAt: tx.createdAt(c.CreatedAt),
		})
		if err != nil {
			return err
		}
		fill(tx, &c.Number, row.Number)
		fill(tx, &c.CreatedAt, instant(row.CreatedAt))
		return nil
	})
}

func client(ctx context.Context, q *queries.Queries, id string) (*core.Client, error) {
	row, err := q.Client(ctx, id)
	return one(row, err, "client", clientOf)
}

func clientOf(row queries.Client) (*core.Client, error) {
	var d decoder
	c := &core.Client{
		ID: row.ID, Number: row.Number, OrganisationID: row.OrganisationID, Name: row.Name, Kind: row.Kind,
		Status: core.Status(row.Status), Dialect: row.Dialect, GrantTypes: d.list("grant_types", row.GrantTypes),
		Scopes: d.list("scopes", row.Scopes), Products: d.list("products", row.Products),
		RedirectURIs: d.list("redirect_uris", row.RedirectUris), RedirectHosts: d.list("redirect_hosts", row.RedirectHosts),
		PostLogoutURIs: d.list("post_logout_uris", row.PostLogoutUris), Origins: d.list("origins", row.Origins),
		OrganisationIDs: d.list("organisation_ids", row.OrganisationIds), Company: row.Company, Website: row.Website, Contact: row.Contact,
		Lifetimes: core.Lifetimes{
			AccessToken:     time.Duration(row.AccessLifetime) * time.Millisecond,
			RefreshToken:    time.Duration(row.RefreshLifetime) * time.Millisecond,
			RefreshAbsolute: time.Duration(row.RefreshAbsolute) * time.Millisecond,
			RefreshGrace:    time.Duration(row.RefreshGrace) * time.Millisecond,
		},
		RefreshWithoutSecret: row.RefreshWithoutSecret, CreatedAt: instant(row.CreatedAt),
	}
	d.into("browser", row.Browser, &c.Browser)
	return c, d.err
}

// HasOrigin reports whether an active client is registered for a browser origin. All
// origins are kept, so that one that nobody registered costs no read.
func (s *Store) HasOrigin(ctx context.Context, origin string) (bool, error) {
	origins, err := s.origins.get(ctx, s, "", func(ctx context.Context) (map[string]bool, error) {
		rows, err := s.read.Origins(ctx)
		if err != nil {
			return nil, failure("origins", err)
		}
		var d decoder
		origins := map[string]bool{}
		for _, row := range rows {
			for _, o := range d.list("origins", row) {
				origins[o] = true
			}
		}
		return origins, d.err
	})
	return origins[origin], err
}
