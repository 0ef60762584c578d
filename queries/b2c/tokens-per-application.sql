-- name: Tokens per application
-- question: Which applications received tokens, through which policies, for how many consumers?
-- param: app text optional; Only this application (client) id.
-- caveat: Counts successful issuances only.
SELECT app_id, policy, token_kind, count(*) AS issued, count(DISTINCT user_id) AS users,
       min(event_time) AS first_token, max(event_time) AS last_token
FROM b2c_token
WHERE $app IS NULL OR app_id = $app
GROUP BY app_id, policy, token_kind
ORDER BY app_id, policy, token_kind
