-- name: AddUsage :exec
INSERT INTO usage_counts (day, organisation_id, client_id, dialect, grant_type, outcome, reason, requests)
VALUES (@day, @organisation_id, @client_id, @dialect, @grant_type, @outcome, @reason, @requests)
ON CONFLICT (organisation_id, day, client_id, dialect, grant_type, outcome, reason)
DO UPDATE SET requests = usage_counts.requests + excluded.requests;

-- name: UsageOfOrganisation :many
SELECT * FROM usage_counts WHERE organisation_id = @organisation_id AND day >= @from_day AND day <= @to_day
  AND (day, client_id, dialect, grant_type, outcome, reason)
    > (@after_day, CAST(@after_client AS TEXT), CAST(@after_dialect AS TEXT), CAST(@after_grant_type AS TEXT),
       CAST(@after_outcome AS TEXT), CAST(@after_reason AS TEXT))
ORDER BY day, client_id, dialect, grant_type, outcome, reason LIMIT @most;

-- Usage sums over organisations.
-- name: Usage :many
SELECT day, client_id, dialect, grant_type, outcome, reason, CAST(SUM(requests) AS BIGINT) AS requests
FROM usage_counts WHERE day >= @from_day AND day <= @to_day
  AND (day, client_id, dialect, grant_type, outcome, reason)
    > (@after_day, CAST(@after_client AS TEXT), CAST(@after_dialect AS TEXT), CAST(@after_grant_type AS TEXT),
       CAST(@after_outcome AS TEXT), CAST(@after_reason AS TEXT))
GROUP BY day, client_id, dialect, grant_type, outcome, reason
ORDER BY day, client_id, dialect, grant_type, outcome, reason LIMIT @most;
