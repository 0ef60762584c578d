-- name: Conditional Access policy changes
-- question: Which Conditional Access policies were added, changed, switched off or deleted, and what changed in them?
-- kind: detection
-- technique: T1556.009
-- severity: medium
-- needs: audit
-- param: policy text optional; Only policies whose name or id contains this.
-- caveat: One row per changed place of a policy; path leads to it in the policy's JSON. A policy that was added or
--     deleted is one row with its whole JSON, a change of nothing but its date one row without path.
-- caveat: Medium is what weakens: a policy deleted or no longer enabled, more exclusions, fewer inclusions, grant
--     controls changed or gone. Users, groups and roles are object ids.
-- caveat: Successful events of the service Conditional Access; the directory logs each change again as `Update policy`.
WITH change AS (
    SELECT event_time, id, tenant_id, activity, lower(activity) AS activity_key,
           coalesce(actor_upn, actor_name, actor_id, actor_type) AS actor, target_index, target_id, target_name,
           property, old_value_raw, new_value_raw
    FROM audit_change
    WHERE lower(activity) IN ('add conditional access policy', 'update conditional access policy',
                              'delete conditional access policy')
      AND property <> 'Included Updated Properties' AND (result IS NULL OR result = 'success')
),
diff AS (
    SELECT tenant_id, id, target_index, property, unnest(json_diff(old_value_raw, new_value_raw)) AS d
    FROM change
    WHERE activity_key = 'update conditional access policy'
),
place AS (
    SELECT tenant_id, id, target_index, property, d['path'] AS path, d['op'] AS op, d['old'] AS old, d['new'] AS new
    FROM diff
    WHERE d['path'] NOT IN ('$.modifiedDateTime', '$.createdDateTime')
),
-- From all events, not from the changes: some name no property.
event AS (
    SELECT event_time, id, tenant_id, activity, lower(activity) AS activity_key, actor_ip AS ip,
           coalesce(actor_upn, actor_name, actor_id, actor_service_principal_name, actor_app_id, actor_type) AS actor,
           target_id AS policy_id, target_name
    FROM audit
    WHERE lower(activity) IN ('add conditional access policy', 'update conditional access policy',
                              'delete conditional access policy')
      AND (result IS NULL OR result = 'success')
),
whole AS (
    SELECT tenant_id, id, max(CASE WHEN json_value(old_value_raw, '$.state') IS NOT NULL THEN old_value_raw END) AS old,
           max(CASE WHEN json_value(new_value_raw, '$.state') IS NOT NULL THEN new_value_raw END) AS new
    FROM change
    GROUP BY tenant_id, id
),
row_of AS (
    SELECT e.*,
           coalesce(e.target_name, json_value(w.new, '$.displayName'), json_value(w.old, '$.displayName')) AS policy,
           coalesce(json_value(w.new, '$.state'), json_value(w.old, '$.state')) AS state,
           p.target_index, p.property, p.path, p.op,
           CASE WHEN e.activity_key LIKE 'update %' THEN p.old ELSE w.old END AS old,
           CASE WHEN e.activity_key LIKE 'update %' THEN p.new ELSE w.new END AS new
    FROM event e
    LEFT JOIN whole w ON w.id = e.id AND (w.tenant_id IS NOT DISTINCT FROM e.tenant_id)
    LEFT JOIN place p ON p.id = e.id AND (p.tenant_id IS NOT DISTINCT FROM e.tenant_id)
)
SELECT event_time, actor, policy, policy_id, activity, state, path, op, old, new, ip,
       CASE
           WHEN activity_key LIKE 'delete %' THEN 'medium'
           WHEN path = '$.state' AND old = 'enabled' THEN 'medium'
           WHEN lower(path) LIKE '%.exclude%' AND op <> 'remove' THEN 'medium'
           WHEN lower(path) LIKE '%.include%' AND op <> 'add' THEN 'medium'
           WHEN path = '$.grantControls.operator' AND new = 'AND' THEN 'low'
           WHEN lower(path) LIKE '$.grantcontrols%' AND op <> 'add' THEN 'medium'
           WHEN path LIKE '%Filter.mode' AND new = 'exclude' THEN 'medium'
           ELSE 'low'
       END AS severity,
       concat(coalesce(actor, 'Somebody'),
              CASE WHEN activity_key LIKE 'add %' THEN ' added ' WHEN activity_key LIKE 'delete %' THEN ' deleted '
                   ELSE ' changed ' END, 'the policy ', coalesce(policy, policy_id, '(no name)'),
              CASE WHEN path IS NULL THEN ''
                   ELSE concat(': ', substr(path, 3), ' ', coalesce(old, '(none)'), ' → ', coalesce(new, '(none)')) END)
           AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM row_of
WHERE $policy IS NULL OR lower(policy_id) = lower($policy) OR strpos(lower(policy), lower($policy)) > 0
ORDER BY event_time, id, target_index, property, path, op, old, new
