-- name: PutAccount :one
INSERT INTO accounts (id, number, organisation_id, name, type, currency, balance, category, rank, status,
                      flags, subscriptions, test, created_at)
VALUES (@id, COALESCE(NULLIF(CAST(@number AS BIGINT), 0), (SELECT COALESCE(MAX(a.number), 0) + 1 FROM accounts a)),
        @organisation_id, @name, @type, @currency, @balance, @category, @rank, @status,
        @flags, @subscriptions, @test, @created_at)
ON CONFLICT (id) DO UPDATE SET
  number = COALESCE(NULLIF(CAST(@number AS BIGINT), 0), accounts.number),
  organisation_id = excluded.organisation_id, name = excluded.name, type = excluded.type,
  currency = excluded.currency, balance = excluded.balance, category = excluded.category,
  rank = excluded.rank, status = excluded.status, flags = excluded.flags,
  subscriptions = excluded.subscriptions, test = excluded.test
RETURNING number, created_at;

-- name: Account :one
SELECT * FROM accounts WHERE id = @id;

-- name: AccountByNumber :one
SELECT * FROM accounts WHERE number = @number;

-- name: AccountsOf :many
SELECT * FROM accounts WHERE organisation_id = @organisation_id ORDER BY rank, number;
