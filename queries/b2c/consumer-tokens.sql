-- name: One consumer's tokens
-- question: Which tokens did one consumer get, when, through which policy and application, from which address?
-- param: user text required; Object id of the consumer.
-- caveat: Counts successful issuances only; failed ones are in `b2c_event`.
SELECT event_time, token_kind, policy, app_id, idp, ip, user_agent, correlation_id, id
FROM b2c_token
WHERE lower(user_id) = lower($user)
ORDER BY event_time, id
