-- EndChallenges ends what a browser has under way for a purpose: the latest counts.
-- name: EndChallenges :exec
DELETE FROM challenges WHERE binding = @binding AND purpose = @purpose;

-- name: InsertChallenge :exec
INSERT INTO challenges (id, purpose, user_id, binding, sealed, created_at, expires_at)
VALUES (@id, @purpose, @user_id, @binding, @sealed, @created_at, @expires_at);

-- name: ChallengeOf :one
SELECT * FROM challenges WHERE binding = @binding AND purpose = @purpose AND expires_at > @now;

-- TakeChallenge ends a challenge by finishing it: one of several callers gets it.
-- name: TakeChallenge :one
DELETE FROM challenges WHERE binding = @binding AND purpose = @purpose AND expires_at > @now RETURNING *;

-- name: EndChallengesOf :exec
DELETE FROM challenges WHERE user_id = @user_id;
