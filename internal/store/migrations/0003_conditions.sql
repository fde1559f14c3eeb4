-- Conditions of permissions, which were part of the program before: the three that
-- it knew are there for the permissions that require them. The previous binary
-- does not look here.
-- +goose Up
CREATE TABLE conditions (
  name       TEXT PRIMARY KEY,
  expression TEXT NOT NULL
);
INSERT INTO conditions (name, expression) VALUES
  ('trusted-user', '''trusted-user'' in caller.flags'),
  ('external-asset-issuer', '''external-asset-issuer'' in target.subscriptions'),
  ('org-account', 'target.type == ''org''');
