-- name: PIM settings and alerts
-- question: Who changed the settings of a role in PIM, took something out of PIM, or disabled or closed an alert?
-- kind: detection
-- technique: T1562
-- severity: high
-- needs: audit
-- caveat: High: the tenant was taken out of PIM. Medium: an alert or a policy was taken away, a resource or group left
--     PIM, an alert says that roles are assigned outside PIM, or a role's setting was changed and the event speaks of
--     multifactor authentication, approval or justification, or the role is of tier 0. Low: everything else.
-- caveat: PIM tells in the reason of the result what was changed; it does not always log old and new values.
-- caveat: Whether a setting became weaker or stronger must be read in `reason`, `old` and `new`.
WITH event AS (
    SELECT event_time, id, tenant_id, service, category, activity, lower(activity) AS step, result, result_reason,
           coalesce(actor_upn, actor_name, actor_id, actor_app_id) AS actor,
           coalesce(actor_ip, detail(details, 'ipaddr')) AS ip, target_type, target_id,
           coalesce(nullif(target_name, ''), target_id) AS target, targets
    FROM audit
    WHERE activity ILIKE 'update role setting in PIM%' OR activity ILIKE '%PIM alert%'
       OR activity ILIKE '%PIM policy%' OR activity ILIKE '%boarded%PIM%'
),
change AS (
    SELECT id, tenant_id, one['name'] AS property, property_value(one['old_value']) AS old_value,
           property_value(one['new_value']) AS new_value
    FROM (
        SELECT id, tenant_id, unnest(one['modified_properties']) AS one
        FROM (SELECT id, tenant_id, unnest(targets) AS one FROM event WHERE cardinality(targets) > 0)
        WHERE cardinality(one['modified_properties']) > 0
    )
),
changed AS (
    SELECT id, tenant_id,
           string_agg(concat(property, ': ', old_value), '; ' ORDER BY property, old_value, new_value)
               FILTER (WHERE old_value <> '') AS old,
           string_agg(concat(property, ': ', new_value), '; ' ORDER BY property, old_value, new_value)
               FILTER (WHERE new_value <> '') AS new
    FROM change
    WHERE old_value IS DISTINCT FROM new_value
    GROUP BY id, tenant_id
),
judged AS (
    SELECT e.*, c.old, c.new,
           CASE e.category WHEN 'GroupManagement' THEN 'group' WHEN 'ResourceManagement' THEN 'azure'
                           ELSE 'directory' END AS role_kind,
           CASE
               WHEN e.result IS DISTINCT FROM 'success' THEN 'low'
               WHEN e.step LIKE 'tenant offboarded%' THEN 'high'
               WHEN e.step LIKE 'disable%alert' OR e.step LIKE 'deactivate%alert' OR e.step LIKE '%policy removed'
                   OR e.step LIKE 'offboarded%' THEN 'medium'
               WHEN e.step LIKE 'triggered%' AND e.target ILIKE '%outside%' THEN 'medium'
               WHEN e.step LIKE 'update role setting%'
                   AND (r.tier = 0 OR concat(e.result_reason, ' ', c.old, ' ', c.new)
                            ~* 'mfa|multi-?factor|approv|justification|authentication ?context') THEN 'medium'
               ELSE 'low'
           END AS severity
    FROM event e
    LEFT JOIN changed c ON c.id = e.id AND c.tenant_id IS NOT DISTINCT FROM e.tenant_id
    LEFT JOIN ref_role r ON r.role = e.target AND e.category = 'RoleManagement'
)
SELECT event_time, actor, ip, target AS role_or_alert, role_kind, activity, result, old, new,
       result_reason AS reason, id, severity,
       concat(coalesce(actor, 'PIM'), ': ', activity, coalesce(' (' || target || ')', ''),
              CASE WHEN result IS DISTINCT FROM 'success' THEN ', which failed' ELSE '' END) AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM judged
ORDER BY event_time, id
