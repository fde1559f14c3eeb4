-- name: InsertOneTimeCode :exec
INSERT INTO one_time_codes (id, user_id, purpose, channel, destination, digest, binding, tries, created_at, expires_at, consumed_at)
VALUES (@id, @user_id, @purpose, @channel, @destination, @digest, @binding, 0, @created_at, @expires_at, 0);

-- TryOneTimeCode counts a try before its code is compared, so that tries in
-- parallel are counted exactly.
-- name: TryOneTimeCode :one
UPDATE one_time_codes SET tries = tries + 1
WHERE id = @id AND consumed_at = 0 AND expires_at > @now AND tries < @most
RETURNING *;

-- name: ConsumeOneTimeCode :execrows
UPDATE one_time_codes SET consumed_at = @at WHERE id = @id AND consumed_at = 0;

-- name: OneTimeCode :one
SELECT * FROM one_time_codes WHERE id = @id;

-- CountOneTimeCodes counts those sent to a destination since a moment.
-- name: CountOneTimeCodes :one
SELECT COUNT(*) FROM one_time_codes WHERE destination = @destination AND created_at > @since;

-- EndOneTimeCodes ends the unused codes that a person asked for in one browser for a
-- purpose: the latest counts. What another browser asks for ends none of them.
-- name: EndOneTimeCodes :execrows
UPDATE one_time_codes SET consumed_at = @at WHERE user_id = @user_id AND user_id <> '' AND purpose = @purpose AND binding = @binding
  AND consumed_at = 0;
