-- name: Tenant policy changes
-- question: Which settings of the whole tenant were changed: authorization, consent, authentication methods, security
--     defaults, devices, passwords, risk and directory synchronisation?
-- kind: detection
-- technique: T1562.001
-- severity: medium
-- needs: audit
-- param: activity text optional; Only activities whose name contains this.
-- caveat: One row per changed place; where a property is JSON, path leads to the place in it. An event that names no
--     property is one row without path.
-- caveat: Conditional Access, named locations and domains have queries of their own; what the directory logs beside a
--     change of Conditional Access, with the same correlation id, is left out.
-- caveat: Medium is what decides how people prove who they are or what applications and guests may: the rest is low.
WITH event AS (
    SELECT event_time, id, tenant_id, correlation_id, activity, lower(activity) AS activity_key, actor_ip AS ip,
           coalesce(actor_upn, actor_name, actor_id, actor_service_principal_name, actor_app_id, actor_type) AS actor,
           coalesce(target_name, target_id) AS policy
    FROM audit
    WHERE (lower(activity) IN (
               'update authorization policy', 'add permission grant policy', 'update permission grant policy',
               'delete permission grant policy', 'add policy', 'update policy', 'delete policy',
               'update security defaults', 'update continuous access evaluation', 'update identityprotectionpolicy',
               'update sign-in risk policy', 'update user risk and mfa registration policy',
               'set device registration policies', 'set password policy', 'set company information', 'update company',
               'update company settings', 'create company settings', 'delete company settings',
               'set directory feature on tenant', 'set dirsync feature', 'set dirsyncenabled flag',
               'add certificationbasedauthconfiguration', 'delete certificationbasedauthconfiguration',
               'enable password writeback for directory', 'disable password writeback for directory',
               'enable passthrough authentication', 'disable passthrough authentication', 'enable desktop sso',
               'disable desktop sso', 'enable desktop sso for a specific domain',
               'disable desktop sso for a specific domain', 'update mobility management policy',
               'create group settings', 'update group settings', 'delete group settings')
           OR lower(activity) LIKE 'authentication methods policy %'
           OR lower(activity) LIKE 'authentication strength %'
           OR lower(activity) LIKE '% authenticationcontextclassreference')
      AND (service IS DISTINCT FROM 'B2C') AND (result IS NULL OR result = 'success')
),
conditional_access AS (
    SELECT DISTINCT correlation_id
    FROM audit
    WHERE lower(activity) IN ('add conditional access policy', 'update conditional access policy',
                              'delete conditional access policy', 'add named location', 'update named location',
                              'delete named location')
      AND correlation_id <> '00000000-0000-0000-0000-000000000000'
),
own AS (
    SELECT e.*
    FROM event e
    LEFT JOIN conditional_access c ON c.correlation_id = e.correlation_id
    WHERE c.correlation_id IS NULL OR e.activity_key NOT IN ('add policy', 'update policy', 'delete policy')
),
diff AS (
    SELECT id, tenant_id, target_index, property, unnest(json_diff(old_value_raw, new_value_raw)) AS d
    FROM audit_change
    WHERE (service IS DISTINCT FROM 'B2C') AND property NOT IN ('Included Updated Properties', 'TargetId.UserType')
      AND (lower(activity) LIKE '%polic%' OR lower(activity) LIKE '%compan%' OR lower(activity) LIKE '%settings'
           OR lower(activity) LIKE '%security defaults' OR lower(activity) LIKE '%continuous access evaluation'
           OR lower(activity) LIKE '%authentication%' OR lower(activity) LIKE '%directory%'
           OR lower(activity) LIKE '%dirsync%' OR lower(activity) LIKE '%desktop sso%'
           OR lower(activity) LIKE '%certificationbasedauth%')
),
place AS (
    SELECT id, tenant_id, target_index, property, nullif(d['path'], '$') AS path, d['old'] AS old, d['new'] AS new
    FROM diff
    WHERE d['path'] NOT LIKE '%odifiedDateTime'
)
SELECT o.event_time, o.actor, o.policy, o.activity, p.property, p.path, p.old, p.new, o.ip,
       CASE WHEN o.activity_key IN (
                'update authorization policy', 'update permission grant policy', 'delete permission grant policy',
                'update security defaults', 'update sign-in risk policy', 'update identityprotectionpolicy',
                'update user risk and mfa registration policy', 'set password policy',
                'add certificationbasedauthconfiguration', 'enable passthrough authentication')
              OR o.activity_key LIKE 'authentication methods policy %'
              OR o.activity_key LIKE 'authentication strength %'
              OR lower(p.property) = 'trustedcasforpasswordlessauth'
            THEN 'medium' ELSE 'low' END AS severity,
       concat(coalesce(o.actor, 'Somebody'), ': ', o.activity,
              CASE WHEN o.policy IS NULL THEN '' ELSE concat(' (', o.policy, ')') END,
              CASE WHEN p.property IS NULL THEN ''
                   ELSE concat(', ', p.property, substr(coalesce(p.path, '$'), 2), ' ', coalesce(p.old, '(none)'),
                               ' → ', coalesce(p.new, '(none)')) END) AS finding,
       o.event_time AS first_time, o.event_time AS last_time, make_array(o.id) AS event_ids
FROM own o
LEFT JOIN place p ON p.id = o.id AND (p.tenant_id IS NOT DISTINCT FROM o.tenant_id)
WHERE $activity IS NULL OR strpos(o.activity_key, lower($activity)) > 0
ORDER BY o.event_time, o.id, p.target_index, p.property, p.path, p.old, p.new
