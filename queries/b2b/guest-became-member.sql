-- name: Guests who became members
-- question: Whose user type was changed from guest to member, and by whom?
-- kind: detection
-- technique: T1098
-- severity: high
-- needs: audit
-- caveat: Counts successful changes of the property `UserType` from `Guest` to `Member`. A member sees the whole
--     directory and falls under other Conditional Access rules than a guest.
-- caveat: High if a guest did it, to itself or to another; low if synchronization did; else medium.
-- caveat: Guests who were members from the start (made so by cross-tenant synchronization or an import) do not show.
WITH change AS (
    SELECT c.event_time, c.id, c.tenant_id, c.actor_type, c.actor_id, c.actor_upn, c.target_id, c.target_upn,
           coalesce(c.actor_upn, c.actor_name, c.actor_id) AS actor,
           coalesce(c.target_upn, nullif(c.target_name, ''), c.target_id) AS guest, c.old_value, c.new_value
    FROM audit_change c
    WHERE c.activity IN ('Update user', 'Change user type') AND c.property = 'UserType' AND c.result = 'success'
      AND lower(c.old_value) = 'guest' AND lower(c.new_value) = 'member'
),
judged AS (
    SELECT c.*, a.actor_ip AS ip,
           coalesce(c.actor_upn LIKE '%#EXT#%', false) OR g.guest_id IS NOT NULL AS is_by_guest
    FROM change c
    LEFT JOIN audit a ON a.id = c.id AND a.tenant_id IS NOT DISTINCT FROM c.tenant_id
    LEFT JOIN guest_user g ON g.guest_id = c.actor_id
)
SELECT event_time, actor, actor_type AS actor_kind, guest AS "user", old_value AS old, new_value AS new, ip, id,
       CASE WHEN is_by_guest THEN 'high'
            WHEN actor ILIKE 'Microsoft.Azure.SyncFabric' OR actor ILIKE '%synchronization%' THEN 'low'
            ELSE 'medium' END AS severity,
       concat(coalesce(actor, 'Somebody unknown'), CASE WHEN is_by_guest THEN ' (a guest)' ELSE '' END, ' made ',
              CASE WHEN actor_id = target_id THEN 'itself' ELSE coalesce(guest, 'an unknown guest') END, ' a member')
           AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM judged
ORDER BY event_time, id, guest
