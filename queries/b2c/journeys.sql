-- name: B2C journeys
-- question: Which steps did each journey take, how long, and did it end with a token, a failure or nothing?
-- kind: report
-- needs: audit
-- param: policy text optional; Only journeys through this policy.
-- param: user text optional; Only journeys of this consumer (object id).
-- param: outcome text optional; Only journeys that ended so: token, failed or left.
-- caveat: A journey is what `b2c_journey` says: the steps of one correlation id; `failed` if no token was issued and
--     the last step did not succeed, `left` if it did. Steps without a correlation id are in none.
-- caveat: A journey at the edge of the time that is asked for, or of a gap, may have begun before it or gone on
--     after.
SELECT correlation_id, policy, app_id, user_id, ip, started, ended, elapsed_s, outcome, tokens, failures, last_step,
       last_reason, steps
FROM b2c_journey
WHERE ($policy IS NULL OR lower(policy) = lower($policy))
  AND ($user IS NULL OR lower(user_id) = lower($user))
  AND ($outcome IS NULL OR outcome = lower($outcome))
ORDER BY started, correlation_id
