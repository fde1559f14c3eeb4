-- name: PutClient :one
INSERT INTO clients (id, number, organisation_id, name, kind, status, dialect, grant_types, scopes, products,
                     redirect_uris, redirect_hosts, post_logout_uris, origins, organisation_ids, company, website, contact, access_lifetime, refresh_lifetime,
                     refresh_absolute, refresh_grace, refresh_without_secret, browser, created_at)
VALUES (@id, COALESCE(NULLIF(CAST(@number AS BIGINT), 0), (SELECT COALESCE(MAX(c.number), 0) + 1 FROM clients c)),
        @organisation_id, @name, @kind, @status, @dialect, @grant_types, @scopes, @products,
        @redirect_uris, @redirect_hosts, @post_logout_uris, @origins, @organisation_ids, @company, @website, @contact, @access_lifetime, @refresh_lifetime,
        @refresh_absolute, @refresh_grace, @refresh_without_secret, @browser, @created_at)
ON CONFLICT (id) DO UPDATE SET
  number = COALESCE(NULLIF(CAST(@number AS BIGINT), 0), clients.number),
  organisation_id = excluded.organisation_id, name = excluded.name, kind = excluded.kind, status = excluded.status,
  dialect = excluded.dialect, grant_types = excluded.grant_types, scopes = excluded.scopes,
  products = excluded.products, redirect_uris = excluded.redirect_uris, redirect_hosts = excluded.redirect_hosts,
  post_logout_uris = excluded.post_logout_uris, origins = excluded.origins, organisation_ids = excluded.organisation_ids,
  company = excluded.company, website = excluded.website, contact = excluded.contact,
  access_lifetime = excluded.access_lifetime, refresh_lifetime = excluded.refresh_lifetime,
  refresh_absolute = excluded.refresh_absolute, refresh_grace = excluded.refresh_grace,
  refresh_without_secret = excluded.refresh_without_secret, browser = excluded.browser
RETURNING number, created_at;

-- name: Client :one
SELECT * FROM clients WHERE id = @id;

-- name: ClientIDs :many
SELECT id FROM clients ORDER BY id;

-- name: ClientsAfter :many
SELECT * FROM clients
WHERE id > @after AND (organisation_id = '' OR CAST(@owned AS BOOLEAN))
  AND (LOWER(name) LIKE CAST(@words AS TEXT) ESCAPE '!' OR LOWER(company) LIKE CAST(@words AS TEXT) ESCAPE '!' OR LOWER(id) LIKE CAST(@words AS TEXT) ESCAPE '!')
ORDER BY id LIMIT @most;

-- name: ClientsBefore :many
SELECT * FROM clients
WHERE (CAST(@before AS TEXT) = '' OR id < @before) AND (organisation_id = '' OR CAST(@owned AS BOOLEAN))
  AND (LOWER(name) LIKE CAST(@words AS TEXT) ESCAPE '!' OR LOWER(company) LIKE CAST(@words AS TEXT) ESCAPE '!' OR LOWER(id) LIKE CAST(@words AS TEXT) ESCAPE '!')
ORDER BY id DESC LIMIT @most;

-- name: ClientsOfOrganisation :many
SELECT * FROM clients WHERE organisation_id = @organisation_id ORDER BY id;

-- name: Origins :many
SELECT origins FROM clients WHERE origins <> '' AND status = 'ACTIVE';
