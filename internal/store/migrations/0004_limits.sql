-- What the nodes of an installation tell each other of the requests that they have
-- let through, a row for a node and a round; and a place to try a write. The
-- previous binary does not look here.
-- +goose Up
CREATE TABLE rate_usage (
  node    TEXT NOT NULL,
  round   BIGINT NOT NULL,
  at      BIGINT NOT NULL,
  used    TEXT NOT NULL,
  PRIMARY KEY (node, round)
);
CREATE INDEX rate_usage_at ON rate_usage (at);
