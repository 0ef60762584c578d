-- name: Named locations
-- question: Which named locations were added, changed or deleted, with which address ranges and countries, and are they
--     trusted?
-- kind: detection
-- technique: T1562.007
-- severity: high
-- needs: audit
-- caveat: Ranges are read from the location as Conditional Access logs it; the directory's own `Update policy` of the
--     same change packs them and is left out.
-- caveat: Medium is a trusted location that grew or became trusted; high one that got a public IPv4 range of 8 or fewer
--     bits, or an IPv6 one of 20 or fewer. Whether a policy uses the location is not looked up.
WITH change AS (
    SELECT tenant_id, id, target_index, max(old_value_raw) AS old, max(new_value_raw) AS new
    FROM audit_change
    WHERE lower(activity) IN ('add named location', 'update named location', 'delete named location')
      AND property <> 'Included Updated Properties'
      -- The location is an object; whatever else may be listed is not.
      AND (json_value(new_value_raw, '$.displayName') IS NOT NULL
           OR json_value(old_value_raw, '$.displayName') IS NOT NULL)
    GROUP BY tenant_id, id, target_index
),
item AS (
    SELECT tenant_id, id, true AS is_new, unnest(array_concat(
               json_items(json_value(new, '$.ipRanges')), json_items(json_value(new, '$.countriesAndRegions')))) AS item
    FROM change
    UNION ALL
    SELECT tenant_id, id, false, unnest(array_concat(
               json_items(json_value(old, '$.ipRanges')), json_items(json_value(old, '$.countriesAndRegions'))))
    FROM change
),
range AS (
    SELECT tenant_id, id, range, bool_or(is_new) AS is_now, bool_or(NOT is_new) AS was
    FROM (SELECT tenant_id, id, is_new, coalesce(json_value(item, '$.cidrAddress'), item) AS range FROM item)
    WHERE range IS NOT NULL
    GROUP BY tenant_id, id, range
),
difference AS (
    SELECT tenant_id, id, array_agg(range ORDER BY range) FILTER (WHERE is_now AND NOT was) AS added,
           array_agg(range ORDER BY range) FILTER (WHERE was AND NOT is_now) AS removed,
           bool_or(is_now AND NOT was AND strpos(range, '/') > 0 AND (range NOT LIKE '10.%')
                   AND TRY_CAST(split_part(range, '/', 2) AS INTEGER)
                       <= CASE WHEN strpos(range, ':') > 0 THEN 20 ELSE 8 END) AS is_wide
    FROM range
    GROUP BY tenant_id, id
),
event AS (
    SELECT event_time, id, tenant_id, activity, lower(activity) AS activity_key, actor_ip AS ip,
           coalesce(actor_upn, actor_name, actor_id, actor_service_principal_name, actor_app_id, actor_type) AS actor,
           target_id, target_name
    FROM audit
    WHERE lower(activity) IN ('add named location', 'update named location', 'delete named location')
      AND (result IS NULL OR result = 'success')
),
located AS (
    SELECT e.*, coalesce(e.target_name, json_value(c.new, '$.displayName'), json_value(c.old, '$.displayName'))
               AS location,
           d.added, d.removed, coalesce(d.is_wide, false) AS is_wide,
           lower(json_value(c.old, '$.isTrusted')) = 'true' AS was_trusted,
           lower(coalesce(json_value(c.new, '$.isTrusted'),
                          CASE WHEN e.activity_key LIKE 'delete %' THEN json_value(c.old, '$.isTrusted') END)) = 'true'
               AS trusted
    FROM event e
    LEFT JOIN change c ON c.id = e.id AND (c.tenant_id IS NOT DISTINCT FROM e.tenant_id)
    LEFT JOIN difference d ON d.id = e.id AND (d.tenant_id IS NOT DISTINCT FROM e.tenant_id)
)
SELECT event_time, actor, location, target_id AS location_id, activity, added, removed, was_trusted, trusted, ip,
       CASE WHEN trusted AND is_wide AND activity_key NOT LIKE 'delete %' THEN 'high'
            WHEN trusted AND activity_key NOT LIKE 'delete %' AND (added IS NOT NULL OR (was_trusted IS NOT TRUE))
                THEN 'medium'
            ELSE 'low' END AS severity,
       concat(coalesce(actor, 'Somebody'), ': ', activity, ' ', coalesce(location, target_id, '(no name)'),
              CASE WHEN trusted THEN ' (trusted)' ELSE '' END,
              CASE WHEN added IS NULL THEN '' ELSE concat(', added ', array_to_string(added, ', ')) END,
              CASE WHEN removed IS NULL THEN '' ELSE concat(', removed ', array_to_string(removed, ', ')) END)
           AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM located
ORDER BY event_time, id
