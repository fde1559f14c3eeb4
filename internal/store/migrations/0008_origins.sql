-- Clients that registered browser origins are found without reading the others.
-- +goose Up
CREATE INDEX clients_origins ON clients (id) WHERE origins <> '';
