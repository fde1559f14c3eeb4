-- One series for SQLite and PostgreSQL. Times are unix milliseconds (0: not
-- set), lists and maps are JSON text, and an empty string stands for "none".
-- +goose Up
CREATE TABLE organisations (
  id         TEXT    PRIMARY KEY,
  number     BIGINT  NOT NULL UNIQUE,
  code       TEXT    NOT NULL UNIQUE,
  name       TEXT    NOT NULL,
  status     TEXT    NOT NULL,
  email      TEXT    NOT NULL,
  phone      TEXT    NOT NULL,
  verified   BOOLEAN NOT NULL,
  services   TEXT    NOT NULL,
  created_at BIGINT  NOT NULL
);

CREATE TABLE accounts (
  id              TEXT    PRIMARY KEY,
  number          BIGINT  NOT NULL UNIQUE,
  organisation_id TEXT    NOT NULL REFERENCES organisations (id),
  name            TEXT    NOT NULL,
  type            TEXT    NOT NULL,
  currency        TEXT    NOT NULL,
  balance         BIGINT  NOT NULL,
  category        TEXT    NOT NULL,
  rank            BIGINT  NOT NULL,
  status          TEXT    NOT NULL,
  flags           TEXT    NOT NULL,
  subscriptions   TEXT    NOT NULL,
  test            BOOLEAN NOT NULL,
  created_at      BIGINT  NOT NULL
);
CREATE INDEX accounts_organisation ON accounts (organisation_id, rank, number);

-- People have no organisation. email_key is the email as it is compared.
CREATE TABLE users (
  id              TEXT    PRIMARY KEY,
  number          BIGINT  NOT NULL UNIQUE,
  kind            TEXT    NOT NULL,
  organisation_id TEXT    NOT NULL,
  username        TEXT    NOT NULL,
  email           TEXT    NOT NULL,
  email_key       TEXT    NOT NULL,
  phone           TEXT    NOT NULL,
  full_name       TEXT    NOT NULL,
  given_name      TEXT    NOT NULL,
  family_name     TEXT    NOT NULL,
  email_verified  BOOLEAN NOT NULL,
  phone_verified  BOOLEAN NOT NULL,
  operator        BOOLEAN NOT NULL,
  status          TEXT    NOT NULL,
  created_at      BIGINT  NOT NULL
);
CREATE UNIQUE INDEX users_username ON users (organisation_id, username) WHERE username <> '';
CREATE UNIQUE INDEX users_person_email ON users (email_key) WHERE organisation_id = '' AND email_key <> '';
CREATE UNIQUE INDEX users_person_phone ON users (phone) WHERE organisation_id = '' AND phone <> '';
CREATE INDEX users_email ON users (organisation_id, email_key) WHERE email_key <> '';
CREATE INDEX users_phone ON users (organisation_id, phone) WHERE phone <> '';

CREATE TABLE permissions (
  name         TEXT PRIMARY KEY,
  requires_any TEXT NOT NULL
);

-- Roles of the platform have no organisation.
CREATE TABLE roles (
  id              TEXT    PRIMARY KEY,
  number          BIGINT  NOT NULL UNIQUE,
  organisation_id TEXT    NOT NULL,
  code            TEXT    NOT NULL,
  name            TEXT    NOT NULL,
  grants          TEXT    NOT NULL,
  permissions     TEXT    NOT NULL,
  assigns         TEXT    NOT NULL,
  owner           BOOLEAN NOT NULL,
  UNIQUE (organisation_id, code)
);

-- Without an account, a membership reaches all accounts of the organisation.
CREATE TABLE memberships (
  id              TEXT   PRIMARY KEY,
  user_id         TEXT   NOT NULL REFERENCES users (id),
  organisation_id TEXT   NOT NULL REFERENCES organisations (id),
  account_id      TEXT   NOT NULL,
  role_id         TEXT   NOT NULL REFERENCES roles (id),
  created_at      BIGINT NOT NULL,
  UNIQUE (user_id, organisation_id, account_id, role_id)
);
CREATE INDEX memberships_organisation ON memberships (organisation_id, account_id);

-- Lifetimes are milliseconds.
CREATE TABLE clients (
  id                     TEXT    PRIMARY KEY,
  number                 BIGINT  NOT NULL UNIQUE,
  organisation_id        TEXT    NOT NULL,
  name                   TEXT    NOT NULL,
  kind                   TEXT    NOT NULL,
  status                 TEXT    NOT NULL,
  dialect                TEXT    NOT NULL,
  grant_types            TEXT    NOT NULL,
  scopes                 TEXT    NOT NULL,
  products               TEXT    NOT NULL,
  redirect_uris          TEXT    NOT NULL,
  redirect_hosts         TEXT    NOT NULL,
  post_logout_uris       TEXT    NOT NULL,
  origins                TEXT    NOT NULL,
  organisation_ids       TEXT    NOT NULL,
  company                TEXT    NOT NULL,
  website                TEXT    NOT NULL,
  contact                TEXT    NOT NULL,
  access_lifetime        BIGINT  NOT NULL,
  refresh_lifetime       BIGINT  NOT NULL,
  refresh_absolute       BIGINT  NOT NULL,
  refresh_grace          BIGINT  NOT NULL,
  refresh_without_secret BOOLEAN NOT NULL,
  created_at             BIGINT  NOT NULL
);
CREATE INDEX clients_organisation ON clients (organisation_id);

CREATE TABLE api_keys (
  id              TEXT    PRIMARY KEY,
  organisation_id TEXT    NOT NULL,
  account_id      TEXT    NOT NULL,
  name            TEXT    NOT NULL,
  dialect         TEXT    NOT NULL,
  role_id         TEXT    NOT NULL,
  scopes          TEXT    NOT NULL,
  enabled         BOOLEAN NOT NULL,
  expires_at      BIGINT  NOT NULL,
  last_used_at    BIGINT  NOT NULL,
  created_by      TEXT    NOT NULL,
  created_at      BIGINT  NOT NULL,
  UNIQUE (organisation_id, account_id, name)
);
CREATE INDEX api_keys_account ON api_keys (account_id);

-- Secrets of clients, API keys and users, by owner.
CREATE TABLE secrets (
  id         TEXT   PRIMARY KEY,
  owner_id   TEXT   NOT NULL,
  hash       TEXT   NOT NULL,
  digest     TEXT   NOT NULL,
  starts_at  BIGINT NOT NULL,
  ends_at    BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX secrets_owner ON secrets (owner_id);
CREATE UNIQUE INDEX secrets_digest ON secrets (digest) WHERE digest <> '';

CREATE TABLE consents (
  id              TEXT   PRIMARY KEY,
  client_id       TEXT   NOT NULL,
  organisation_id TEXT   NOT NULL,
  account_id      TEXT   NOT NULL,
  user_id         TEXT   NOT NULL,
  scopes          TEXT   NOT NULL,
  created_at      BIGINT NOT NULL,
  revoked_at      BIGINT NOT NULL
);
CREATE INDEX consents_organisation ON consents (organisation_id);

-- A grant that never had refresh tokens gets a row when it is ended.
CREATE TABLE grants (
  id              TEXT   PRIMARY KEY,
  client_id       TEXT   NOT NULL,
  api_key_id      TEXT   NOT NULL,
  user_id         TEXT   NOT NULL,
  organisation_id TEXT   NOT NULL,
  account_id      TEXT   NOT NULL,
  consent_id      TEXT   NOT NULL,
  scope           TEXT   NOT NULL,
  service         TEXT   NOT NULL,
  channel         TEXT   NOT NULL,
  created_at      BIGINT NOT NULL,
  expires_at      BIGINT NOT NULL,
  ended_at        BIGINT NOT NULL,
  end_reason      TEXT   NOT NULL
);
CREATE INDEX grants_expiry ON grants (expires_at);

CREATE TABLE refresh_tokens (
  selector    TEXT   PRIMARY KEY,
  hash        BYTEA  NOT NULL,
  grant_id    TEXT   NOT NULL,
  issued_at   BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  consumed_at BIGINT NOT NULL,
  successor   TEXT   NOT NULL
);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

CREATE TABLE signing_keys (
  id         TEXT   PRIMARY KEY,
  algorithm  TEXT   NOT NULL,
  public_jwk TEXT   NOT NULL,
  sealed     BYTEA  NOT NULL,
  created_at BIGINT NOT NULL,
  active_at  BIGINT NOT NULL,
  retired_at BIGINT NOT NULL,
  removed_at BIGINT NOT NULL
);

-- Ids are time-ordered: the primary key is the order of time.
CREATE TABLE audit (
  id              TEXT   PRIMARY KEY,
  at              BIGINT NOT NULL,
  type            TEXT   NOT NULL,
  reason          TEXT   NOT NULL,
  organisation_id TEXT   NOT NULL,
  client_id       TEXT   NOT NULL,
  api_key_id      TEXT   NOT NULL,
  subject_type    TEXT   NOT NULL,
  subject_id      TEXT   NOT NULL,
  grant_id        TEXT   NOT NULL,
  grant_type      TEXT   NOT NULL,
  dialect         TEXT   NOT NULL,
  channel         TEXT   NOT NULL,
  ip              TEXT   NOT NULL,
  request_id      TEXT   NOT NULL,
  target          TEXT   NOT NULL,
  detail          TEXT   NOT NULL
);
CREATE INDEX audit_organisation ON audit (organisation_id, id);

CREATE TABLE settings (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- One row. Every change of something that is cached counts it up, which tells
-- the other nodes, and holds its row lock until the commit, which puts such
-- changes one after the other.
CREATE TABLE cache_version (
  id    BIGINT PRIMARY KEY,
  value BIGINT NOT NULL
);
INSERT INTO cache_version (id, value) VALUES (1, 1);
