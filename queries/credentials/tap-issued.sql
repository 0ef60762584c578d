-- name: Temporary access passes
-- question: For whom were temporary access passes created, and by whom?
-- kind: detection
-- technique: T1556.006
-- severity: medium
-- needs: audit
-- caveat: A pass is told by the event's reason, so a download without reasons shows none.
-- caveat: Low is a pass that somebody else created for an account of at most a week, as for a new employee; medium: the
--     rest, also if the archive does not know when the account was made.
-- caveat: Passes that were deleted, or that could not be created, are not listed.
WITH pass AS (
    SELECT event_time, id, result_reason AS reason, actor_ip AS ip,
           coalesce(actor_upn, actor_name, actor_id, actor_service_principal_name, actor_app_id, actor_type) AS actor,
           actor_id, actor_upn, coalesce(target_of_type(targets, 'User'), target_id) AS user_id, target_upn,
           coalesce(target_upn, target_name, target_id) AS user
    FROM audit
    WHERE lower(activity) IN ('admin registered security info', 'user registered security info')
      AND result_reason ILIKE '%temporary access pass%'
      AND (result IS NULL OR result = 'success')
),
made AS (
    SELECT lower(coalesce(target_of_type(targets, 'User'), target_id)) AS user_key, max(event_time) AS made_at
    FROM audit
    WHERE lower(activity) = 'add user' AND (service IS DISTINCT FROM 'B2C') AND (result IS NULL OR result = 'success')
    GROUP BY 1
),
issued AS (
    SELECT p.*, coalesce(lower(actor_id) = lower(user_id), lower(actor_upn) = lower(target_upn), false) AS by_self,
           coalesce(p.event_time BETWEEN m.made_at AND m.made_at + INTERVAL '7' DAY, false) AS is_new
    FROM pass AS p LEFT JOIN made AS m ON m.user_key = lower(p.user_id)
)
SELECT event_time, actor, user, user_id, by_self, reason, ip,
       CASE WHEN is_new AND NOT by_self THEN 'low' ELSE 'medium' END AS severity,
       concat(coalesce(actor, 'Somebody'), ' created a temporary access pass for ',
              CASE WHEN by_self THEN 'the same account' ELSE coalesce(user, 'a user') END,
              CASE WHEN is_new THEN ', whose account is new' ELSE '' END) AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM issued
ORDER BY event_time, id
