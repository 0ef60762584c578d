-- name: Cross-tenant access settings
-- question: Which partner tenants were added or removed, and which inbound, outbound, trust and sync settings changed?
-- kind: detection
-- technique: T1484
-- severity: medium
-- needs: audit
-- param: partner text optional; Only this partner tenant's id.
-- caveat: One row per setting that changed; an event that logs no values is one row. Medium if the change opens
--     something to the partner: a partner or a sync setting added, inbound access or direct connect allowed, the
--     partner's multifactor authentication or devices trusted, invitations redeemed by themselves, users synchronized
--     in; or if the default for all tenants did. Else low, failed changes too.
-- caveat: The partner is what the event names as `tenantId`, else its target. Numbers of `accessType` are shown as
--     `allowed` (1) and `blocked` (2).
WITH event AS (
    SELECT event_time, id, tenant_id, activity, lower(activity) AS step, result,
           coalesce(actor_upn, actor_name, actor_id) AS actor, actor_type AS actor_kind, actor_ip AS ip,
           coalesce(nullif(target_name, ''), target_id) AS target, targets
    FROM audit
    WHERE (activity ILIKE '%cross-tenant%' OR activity ILIKE '%multi%tenant%org%') AND (service IS DISTINCT FROM 'B2C')
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
partner AS (
    SELECT id, tenant_id, max(coalesce(nullif(new_value, ''), old_value)) AS partner_tenant_id
    FROM change
    WHERE lower(property) IN ('tenantid', 'partnertenantid')
    GROUP BY id, tenant_id
),
difference AS (
    SELECT id, tenant_id, property, d['path'] AS path, d['op'] AS op, d['old'] AS old, d['new'] AS new
    FROM (
        SELECT id, tenant_id, property, unnest(json_diff(nullif(old_value, ''), nullif(new_value, ''))) AS d
        FROM change
        WHERE lower(property) NOT IN ('tenantid', 'partnertenantid', 'included updated properties')
    )
),
setting AS (
    SELECT e.*, p.partner_tenant_id, d.op,
           CASE WHEN d.property IS NOT NULL THEN concat(d.property, substr(d.path, 2)) END AS setting,
           CASE WHEN lower(d.path) LIKE '%accesstype' THEN
               CASE d.old WHEN '1' THEN 'allowed' WHEN '2' THEN 'blocked' ELSE d.old END ELSE d.old END AS old,
           CASE WHEN lower(d.path) LIKE '%accesstype' THEN
               CASE d.new WHEN '1' THEN 'allowed' WHEN '2' THEN 'blocked' ELSE d.new END ELSE d.new END AS new
    FROM event e
    LEFT JOIN partner p ON p.id = e.id AND p.tenant_id IS NOT DISTINCT FROM e.tenant_id
    LEFT JOIN difference d ON d.id = e.id AND d.tenant_id IS NOT DISTINCT FROM e.tenant_id
),
judged AS (
    SELECT *, CASE WHEN setting ILIKE '%inbound%' OR setting ILIKE '%userSyncInbound%' OR step LIKE '%identity sync%'
                       THEN 'inbound'
                   WHEN setting ILIKE '%outbound%' OR setting ILIKE 'tenantRestrictions%' THEN 'outbound' END
               AS direction,
           CASE WHEN result IS DISTINCT FROM 'success' THEN 'low'
                WHEN step LIKE 'delete%' OR step LIKE 'hard delete%' THEN 'low'
                WHEN step LIKE 'add a%partner%' OR step LIKE 'create a partner cross-tenant identity sync%'
                    OR setting IS NOT NULL AND step LIKE '%company default%' THEN 'medium'
                WHEN (setting ILIKE '%inbound%' OR setting ILIKE '%sync%' OR setting ILIKE '%trust%')
                    AND lower(new) IN ('true', 'allowed') THEN 'medium'
                ELSE 'low' END AS severity
    FROM setting
)
SELECT event_time, actor, actor_kind, ip, activity, partner_tenant_id, target, direction, setting, old, new, result, id,
       severity,
       concat(coalesce(actor, 'Somebody unknown'), ': ', activity,
              coalesce(' (' || coalesce(partner_tenant_id, target) || ')', ''),
              coalesce(': ' || setting || ' from ' || coalesce(old, '(none)') || ' to ' || coalesce(new, '(none)'), ''),
              CASE WHEN result IS DISTINCT FROM 'success' THEN ', which failed' ELSE '' END) AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM judged
WHERE $partner IS NULL OR lower(partner_tenant_id) = lower($partner)
ORDER BY event_time, id, setting, old, new
