-- name: Temporary access passes
-- question: For whom were temporary access passes created, and by whom?
-- kind: detection
-- technique: T1556.006
-- severity: medium
-- needs: audit
-- caveat: A pass is told by the event's reason, so a download without reasons shows none.
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
issued AS (
    SELECT *, coalesce(lower(actor_id) = lower(user_id), lower(actor_upn) = lower(target_upn), false) AS by_self
    FROM pass
)
SELECT event_time, actor, user, user_id, by_self, reason, ip, 'medium' AS severity,
       concat(coalesce(actor, 'Somebody'), ' created a temporary access pass for ',
              CASE WHEN by_self THEN 'the same account' ELSE coalesce(user, 'a user') END) AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM issued
ORDER BY event_time, id
