-- The browser flow. New columns have defaults, so that the previous binary still
-- runs on this schema.
-- +goose Up
ALTER TABLE users ADD COLUMN profile TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE clients ADD COLUMN browser TEXT NOT NULL DEFAULT '';
ALTER TABLE consents ADD COLUMN last_used_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN session_id TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN authentication TEXT NOT NULL DEFAULT '';
CREATE INDEX grants_session ON grants (session_id) WHERE session_id <> '';
CREATE INDEX grants_consent ON grants (consent_id) WHERE consent_id <> '';
CREATE INDEX consents_client ON consents (client_id, organisation_id, account_id);
CREATE INDEX consents_user ON consents (user_id);

-- A session keeps its row for a while after its end, for whoever looks into what
-- happened.
CREATE TABLE sessions (
  id               TEXT   PRIMARY KEY,
  hash             BYTEA  NOT NULL,
  user_id          TEXT   NOT NULL,
  acr              TEXT   NOT NULL,
  amr              TEXT   NOT NULL,
  authenticated_at BIGINT NOT NULL,
  created_at       BIGINT NOT NULL,
  seen_at          BIGINT NOT NULL,
  expires_at       BIGINT NOT NULL,
  ended_at         BIGINT NOT NULL,
  end_reason       TEXT   NOT NULL,
  ip               TEXT   NOT NULL,
  user_agent       TEXT   NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Whom a session has signed in to: who hears of its end (back-channel logout).
CREATE TABLE session_clients (
  session_id TEXT NOT NULL,
  client_id  TEXT NOT NULL,
  PRIMARY KEY (session_id, client_id)
);

CREATE TABLE codes (
  selector        TEXT   PRIMARY KEY,
  hash            BYTEA  NOT NULL,
  grant_id        TEXT   NOT NULL,
  client_id       TEXT   NOT NULL,
  user_id         TEXT   NOT NULL,
  organisation_id TEXT   NOT NULL,
  account_id      TEXT   NOT NULL,
  consent_id      TEXT   NOT NULL,
  redirect_uri    TEXT   NOT NULL,
  challenge       TEXT   NOT NULL,
  scope           TEXT   NOT NULL,
  authentication  TEXT   NOT NULL,
  created_at      BIGINT NOT NULL,
  expires_at      BIGINT NOT NULL,
  consumed_at     BIGINT NOT NULL
);
CREATE INDEX codes_expiry ON codes (expires_at);

-- Authorization requests that are pushed, or wait for a person.
CREATE TABLE flows (
  selector   TEXT    PRIMARY KEY,
  hash       BYTEA   NOT NULL,
  pushed     BOOLEAN NOT NULL,
  client_id  TEXT    NOT NULL,
  pushed_as  TEXT    NOT NULL,
  session_id TEXT    NOT NULL,
  request    TEXT    NOT NULL,
  chosen     BOOLEAN NOT NULL,
  created_at BIGINT  NOT NULL,
  expires_at BIGINT  NOT NULL,
  done_at    BIGINT  NOT NULL
);
CREATE INDEX flows_expiry ON flows (expires_at);

CREATE TABLE one_time_codes (
  id          TEXT   PRIMARY KEY,
  user_id     TEXT   NOT NULL,
  purpose     TEXT   NOT NULL,
  channel     TEXT   NOT NULL,
  destination TEXT   NOT NULL,
  digest      TEXT   NOT NULL,
  binding     BYTEA  NOT NULL,
  tries       BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  consumed_at BIGINT NOT NULL
);
CREATE INDEX one_time_codes_user ON one_time_codes (user_id, created_at);
CREATE INDEX one_time_codes_destination ON one_time_codes (destination, created_at);
CREATE INDEX one_time_codes_expiry ON one_time_codes (expires_at);

CREATE TABLE deliveries (
  id         TEXT   PRIMARY KEY,
  kind       TEXT   NOT NULL,
  sealed     BYTEA  NOT NULL,
  attempts   BIGINT NOT NULL,
  next_at    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  last_error TEXT   NOT NULL
);
CREATE INDEX deliveries_next ON deliveries (next_at);
