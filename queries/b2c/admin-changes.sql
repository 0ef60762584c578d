-- name: B2C administration
-- question: Who created, changed or deleted policy keys, policies, user flows, applications and identity providers, or tried to?
-- param: include_reads boolean = false; Also list what was only read (`Get …`, `Check …`, `Retrieve …`).
-- caveat: One call of an administrator makes two events with one correlation id, one for the permission and one for the change; they are one row here, with both ids.
WITH call AS (
    SELECT coalesce(correlation_id, id) AS call_id, lower(activity) AS activity_key,
           min(event_time) AS event_time, first_value(activity ORDER BY event_time, id) AS activity,
           CASE WHEN count(*) FILTER (WHERE result IS DISTINCT FROM 'success') > 0 THEN 'failure' ELSE 'success' END
               AS result,
           max(result_reason) AS reason, max(actor_upn) AS actor_upn, max(actor_id) AS actor_id,
           max(actor_name) AS actor_name, max(actor_ip) AS ip,
           max(coalesce(target_name, target_id)) AS object, max(target_type) AS object_type,
           array_agg(category ORDER BY event_time, id) AS categories, array_agg(id ORDER BY event_time, id) AS event_ids
    FROM audit
    WHERE service = 'B2C' AND category NOT IN ('Authentication', 'IdentityProtection', 'Other')
    GROUP BY 1, 2
)
SELECT event_time, activity, result, coalesce(actor_upn, actor_name, actor_id) AS actor, ip, object, object_type, reason,
       categories, event_ids
FROM call
WHERE $include_reads OR NOT (activity_key LIKE 'get %' OR activity_key LIKE 'check %' OR activity_key LIKE 'retrieve %')
    -- Whoever is refused a read wanted something.
    OR result = 'failure'
ORDER BY event_time, activity, call_id
