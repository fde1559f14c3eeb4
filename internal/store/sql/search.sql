-- name: OrganisationsFound :many
SELECT * FROM organisations
WHERE (LOWER(name) LIKE CAST(@words AS TEXT) ESCAPE '!' OR LOWER(code) LIKE CAST(@words AS TEXT) ESCAPE '!') AND id > @after ORDER BY id LIMIT @most;

-- name: ClientsFound :many
SELECT * FROM clients
WHERE (LOWER(name) LIKE CAST(@words AS TEXT) ESCAPE '!' OR LOWER(company) LIKE CAST(@words AS TEXT) ESCAPE '!' OR LOWER(id) LIKE CAST(@words AS TEXT) ESCAPE '!')
  AND id > @after ORDER BY id LIMIT @most;
