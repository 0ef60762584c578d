-- name: One user's events
-- question: What did one user do, and what was done to this user?
-- param: user text required; Object id, user principal name or mail address; case does not matter.
-- caveat: Only the audit log: sign-ins are not in it.
WITH touched AS (
    SELECT id, tenant_id, max(coalesce(target_name, target_upn, target_id)) AS target
    FROM audit_target
    WHERE lower(target_id) = lower($user) OR lower(target_upn) = lower($user)
       OR target_name ILIKE '%Email: ' || $user || '%'
    GROUP BY id, tenant_id
)
SELECT a.event_time,
       CASE WHEN t.id IS NULL THEN 'actor'
            WHEN lower(a.actor_id) = lower($user) OR lower(a.actor_upn) = lower($user) THEN 'both'
            ELSE 'target' END AS role,
       a.service, a.activity, a.result, a.result_reason,
       coalesce(a.actor_upn, a.actor_name, a.actor_id, a.actor_service_principal_name, a.actor_type) AS actor,
       coalesce(a.target_name, a.target_upn, a.target_id) AS first_target,
       a.actor_ip AS ip, a.correlation_id, a.id
FROM audit a LEFT JOIN touched t ON t.id = a.id AND t.tenant_id IS NOT DISTINCT FROM a.tenant_id
WHERE t.id IS NOT NULL OR lower(a.actor_id) = lower($user) OR lower(a.actor_upn) = lower($user)
ORDER BY a.event_time, a.id
