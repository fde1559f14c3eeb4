-- name: PutUsage :exec
INSERT INTO rate_usage (node, round, at, used) VALUES (@node, @round, @at, @used)
ON CONFLICT (node, round) DO UPDATE SET at = excluded.at, used = excluded.used;

-- name: UsageSince :many
SELECT * FROM rate_usage WHERE at >= @since AND node <> @node ORDER BY at, node, round;

-- name: ForgetUsage :exec
DELETE FROM rate_usage WHERE at < @before;
