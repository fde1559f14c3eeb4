-- Ways to prove who one is beside a password: passkeys, authenticator apps, recovery
-- codes, and the browsers that are remembered. The previous binary does not look
-- here, and would sign people in with a password alone.
-- +goose Up
CREATE TABLE passkeys (
  id            TEXT   PRIMARY KEY,
  user_id       TEXT   NOT NULL,
  credential_id BYTEA  NOT NULL UNIQUE,
  name          TEXT   NOT NULL,
  record        BYTEA  NOT NULL,
  sign_count    BIGINT NOT NULL,
  created_at    BIGINT NOT NULL,
  last_used_at  BIGINT NOT NULL
);
CREATE INDEX passkeys_user ON passkeys (user_id);

CREATE TABLE authenticator_apps (
  user_id      TEXT   PRIMARY KEY,
  sealed       BYTEA  NOT NULL,
  last_step    BIGINT NOT NULL,
  tries        BIGINT NOT NULL,
  created_at   BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL
);

-- A used code is deleted.
CREATE TABLE recovery_codes (
  user_id TEXT NOT NULL,
  digest  TEXT NOT NULL,
  PRIMARY KEY (user_id, digest)
);

-- A finished challenge is deleted.
CREATE TABLE challenges (
  id         TEXT   PRIMARY KEY,
  purpose    TEXT   NOT NULL,
  user_id    TEXT   NOT NULL,
  binding    BYTEA  NOT NULL,
  sealed     BYTEA  NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX challenges_binding ON challenges (binding, purpose);
CREATE INDEX challenges_user ON challenges (user_id) WHERE user_id <> '';
CREATE INDEX challenges_expiry ON challenges (expires_at);

CREATE TABLE remembered_devices (
  digest     TEXT   PRIMARY KEY,
  user_id    TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX remembered_devices_user ON remembered_devices (user_id);
CREATE INDEX remembered_devices_expiry ON remembered_devices (expires_at);
