-- UsageByDay sums over everything but day and outcome.
-- name: UsageByDay :many
SELECT day, outcome, CAST(SUM(requests) AS BIGINT) AS requests
FROM usage_counts WHERE day >= @from_day AND day <= @to_day AND (CAST(@every_client AS BOOLEAN) OR client_id = @client_id)
GROUP BY day, outcome
ORDER BY day, outcome;

-- name: UsageByDayOfOrganisation :many
SELECT day, outcome, CAST(SUM(requests) AS BIGINT) AS requests
FROM usage_counts WHERE organisation_id = @organisation_id AND day >= @from_day AND day <= @to_day
  AND (CAST(@every_client AS BOOLEAN) OR client_id = @client_id)
GROUP BY day, outcome
ORDER BY day, outcome;

-- UsageByClient has the clients that send most requests.
-- name: UsageByClient :many
SELECT client_id, outcome, reason, CAST(SUM(requests) AS BIGINT) AS requests
FROM usage_counts WHERE usage_counts.day >= @from_day AND usage_counts.day <= @to_day AND client_id IN (
  SELECT most.client_id FROM usage_counts AS most WHERE most.day >= @from_day AND most.day <= @to_day
    AND (CAST(@every_client AS BOOLEAN) OR most.client_id = @client_id)
  GROUP BY most.client_id ORDER BY SUM(most.requests) DESC, most.client_id LIMIT @clients)
GROUP BY client_id, outcome, reason
ORDER BY client_id, outcome, reason;

-- name: UsageByClientOfOrganisation :many
SELECT client_id, outcome, reason, CAST(SUM(requests) AS BIGINT) AS requests
FROM usage_counts WHERE usage_counts.organisation_id = @organisation_id AND usage_counts.day >= @from_day AND usage_counts.day <= @to_day
  AND client_id IN (
  SELECT most.client_id FROM usage_counts AS most
  WHERE most.organisation_id = @organisation_id AND most.day >= @from_day AND most.day <= @to_day
    AND (CAST(@every_client AS BOOLEAN) OR most.client_id = @client_id)
  GROUP BY most.client_id ORDER BY SUM(most.requests) DESC, most.client_id LIMIT @clients)
GROUP BY client_id, outcome, reason
ORDER BY client_id, outcome, reason;

-- UsageByDialect sums over everything but day, dialect and outcome.
-- name: UsageByDialect :many
SELECT day, dialect, outcome, CAST(SUM(requests) AS BIGINT) AS requests
FROM usage_counts WHERE day >= @from_day AND day <= @to_day
GROUP BY day, dialect, outcome
ORDER BY day, dialect, outcome LIMIT @most;

-- UsageOfDialect has the clients that send most requests to a dialect.
-- name: UsageOfDialect :many
SELECT day, client_id, outcome, CAST(SUM(requests) AS BIGINT) AS requests
FROM usage_counts WHERE usage_counts.dialect = @dialect AND usage_counts.day >= @from_day AND usage_counts.day <= @to_day AND client_id IN (
  SELECT most.client_id FROM usage_counts AS most WHERE most.dialect = @dialect AND most.day >= @from_day AND most.day <= @to_day
  GROUP BY most.client_id ORDER BY SUM(most.requests) DESC, most.client_id LIMIT @clients)
GROUP BY day, client_id, outcome
ORDER BY day, client_id, outcome;
