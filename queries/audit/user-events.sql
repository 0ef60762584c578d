-- name: One user's events
-- question: What did one user do, and what was done to this user?
-- kind: report
-- needs: audit
-- param: user text required; Object id, user principal name or mail address; case does not matter.
-- caveat: Only the audit log, as the portal shows it for one user; sign-ins too are in `audit/actor-timeline`,
--     changed properties in `audit/target-timeline`.
-- caveat: Events that name the user by the other of object id and user principal name only are not found: ask for
--     both.
WITH near AS (
    SELECT *, coalesce(lower(actor_id) = lower($user), FALSE) OR coalesce(lower(actor_upn) = lower($user), FALSE)
                  AS is_actor
    FROM audit
    -- Most events have one target: only the others need to be taken apart to be told.
    WHERE lower(actor_id) = lower($user) OR lower(actor_upn) = lower($user) OR lower(target_id) = lower($user)
       OR lower(target_upn) = lower($user) OR target_name ILIKE '%' || $user || '%' OR coalesce(target_count, 2) > 1
),
touched AS (
    SELECT id, tenant_id
    FROM (SELECT id, tenant_id, unnest(targets) AS t FROM near)
    WHERE lower(t['id']) = lower($user) OR lower(t['upn']) = lower($user)
       OR lower(packed_value(t['name'], 'Email')) = lower($user) OR lower(packed_value(t['name'], 'UPN')) = lower($user)
    GROUP BY id, tenant_id
)
SELECT a.event_time, CASE WHEN t.id IS NULL THEN 'actor' WHEN a.is_actor THEN 'both' ELSE 'target' END AS role,
       a.service, a.activity, a.result, a.result_reason,
       coalesce(a.actor_upn, a.actor_name, a.actor_id, a.actor_service_principal_name, a.actor_type) AS actor,
       coalesce(a.target_name, a.target_upn, a.target_id) AS first_target,
       a.actor_ip AS ip, a.correlation_id, a.id
FROM near a LEFT JOIN touched t ON t.id = a.id AND t.tenant_id IS NOT DISTINCT FROM a.tenant_id
WHERE t.id IS NOT NULL OR a.is_actor
ORDER BY a.event_time, a.id
