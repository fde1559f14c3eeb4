-- What managing access needs beside the entities: where API keys may be used from,
-- invitations, the answers that a repeated request gets again, and counts of token
-- requests. The previous binary does not look at them.
-- +goose Up
ALTER TABLE api_keys ADD COLUMN allowed_addresses TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN address_mode TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN last_used_ip TEXT NOT NULL DEFAULT '';
CREATE INDEX api_keys_organisation ON api_keys (organisation_id);
CREATE INDEX memberships_role ON memberships (role_id);
CREATE INDEX users_service_accounts ON users (organisation_id, id) WHERE organisation_id <> '';

CREATE TABLE invitations (
  id              TEXT   PRIMARY KEY,
  organisation_id TEXT   NOT NULL,
  account_id      TEXT   NOT NULL,
  role_id         TEXT   NOT NULL,
  email           TEXT   NOT NULL,
  digest          TEXT   NOT NULL UNIQUE,
  invited_by      TEXT   NOT NULL,
  created_at      BIGINT NOT NULL,
  expires_at      BIGINT NOT NULL,
  ended_at        BIGINT NOT NULL,
  accepted_by     TEXT   NOT NULL
);
CREATE INDEX invitations_organisation ON invitations (organisation_id, id);
CREATE INDEX invitations_expiry ON invitations (expires_at);

-- What a request with an Idempotency-Key was answered, written with what it did.
CREATE TABLE answers (
  id         TEXT   PRIMARY KEY,
  request    TEXT   NOT NULL,
  sealed     BYTEA  NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX answers_expiry ON answers (expires_at);

-- Token requests by day (days since 1970, UTC). outcome is what kind of event they
-- were; reason is that of a refusal.
CREATE TABLE usage_counts (
  day             BIGINT NOT NULL,
  organisation_id TEXT   NOT NULL,
  client_id       TEXT   NOT NULL,
  dialect         TEXT   NOT NULL,
  grant_type      TEXT   NOT NULL,
  outcome         TEXT   NOT NULL,
  reason          TEXT   NOT NULL,
  requests        BIGINT NOT NULL,
  PRIMARY KEY (organisation_id, day, client_id, dialect, grant_type, outcome, reason)
);
CREATE INDEX usage_counts_day ON usage_counts (day);
