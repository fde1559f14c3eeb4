-- Deliveries that nobody could make are cleared by their expiry, and grants are
-- looked through without those that have none.
-- +goose Up
CREATE INDEX deliveries_expiry ON deliveries (expires_at);
