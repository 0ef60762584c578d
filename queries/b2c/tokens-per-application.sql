-- name: Tokens per application
-- question: Which applications received tokens, through which policies, for how many consumers?
-- kind: report
-- needs: audit
-- param: app text optional; Only this application (client) id.
-- caveat: Counts tokens as `b2c_token` defines them: successful issuances only.
-- caveat: The events hold the application's id alone; its name is in the portal, and in `audit` where it was changed.
SELECT app_id, policy, token_kind, count(*) AS issued, count(DISTINCT user_id) AS users,
       min(event_time) AS first_token, max(event_time) AS last_token
FROM b2c_token
WHERE $app IS NULL OR lower(app_id) = lower($app)
GROUP BY app_id, policy, token_kind
ORDER BY app_id, policy, token_kind
