-- name: B2C journeys
-- question: Which steps did each journey take, how long, and did it end with a token, a failure or nothing?
-- param: policy text optional; Only journeys through this policy.
-- param: user text optional; Only journeys of this consumer (object id).
-- param: outcome text optional; Only journeys that ended so: token, failed or left.
-- caveat: A journey is the authentication events of one correlation id; events without one are left out.
-- caveat: A journey at the edge of the archive's period may have begun before it or gone on after it.
WITH journey AS (
    SELECT correlation_id, max(policy) AS policy, max(app_id) AS app_id, max(user_id) AS user_id,
           array_agg(activity ORDER BY event_time, id) AS steps,
           min(event_time) AS started, max(event_time) AS ended,
           count(*) FILTER (WHERE token_kind IS NOT NULL AND result = 'success') AS tokens,
           count(*) FILTER (WHERE result IS DISTINCT FROM 'success') AS failures,
           last_value(activity ORDER BY event_time, id) AS last_step,
           last_value(result_reason ORDER BY event_time, id) AS last_reason
    FROM b2c_event
    WHERE category IN ('Authentication', 'IdentityProtection', 'Other')
      AND correlation_id <> '00000000-0000-0000-0000-000000000000'
    GROUP BY correlation_id
),
ended AS (
    SELECT *, CASE WHEN tokens > 0 THEN 'token' WHEN failures > 0 THEN 'failed' ELSE 'left' END AS outcome
    FROM journey
)
SELECT correlation_id, policy, app_id, user_id, started, ended,
       round(CAST(extract(epoch FROM ended) - extract(epoch FROM started) AS DOUBLE), 3) AS elapsed_s,
       outcome, tokens, failures, last_step, last_reason, steps
FROM ended
WHERE ($policy IS NULL OR policy = $policy)
  AND ($user IS NULL OR lower(user_id) = lower($user))
  AND ($outcome IS NULL OR outcome = $outcome)
ORDER BY started, correlation_id
