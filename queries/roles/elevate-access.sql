-- name: Elevated access to Azure
-- question: Which Global Administrators gave themselves access to all Azure subscriptions, and gave it back?
-- kind: detection
-- technique: T1098.003
-- severity: high
-- needs: audit
-- caveat: Microsoft logs this in the directory's audit log only since late 2024 (service `Azure RBAC (Elevated
--     Access)`); before that it is in the Azure activity log, which auditql does not read.
-- caveat: High if the access was not taken away again within a day, as far as the archive goes; medium if it was; low
--     if turning it on failed.
-- caveat: What was done with the access is in the Azure activity log.
WITH event AS (
    SELECT event_time, id, tenant_id, activity, result, actor_id, coalesce(actor_upn, actor_name, actor_id) AS actor,
           coalesce(actor_ip, detail(details, 'ipaddr')) AS ip,
           activity ILIKE '%elevated their access to User Access Administrator%' AS is_on,
           -- Removed by somebody else, the target is who loses the access.
           coalesce(CASE WHEN NOT activity ILIKE '%elevated their access%' THEN target_of_type(targets, 'User') END,
                    actor_id, actor_upn) AS who
    FROM audit
    WHERE activity ILIKE '%elevated their access to User Access Administrator%'
       OR activity ILIKE '%role assignment of User Access Administrator has been removed%'
),
paired AS (
    SELECT *, first_value(CASE WHEN NOT is_on AND result = 'success' THEN event_time END) IGNORE NULLS OVER later
                  AS removed_at,
           first_value(CASE WHEN NOT is_on AND result = 'success' THEN id END) IGNORE NULLS OVER later AS removed_id
    FROM event
    WINDOW later AS (PARTITION BY who ORDER BY event_time, id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
)
SELECT event_time, actor, ip, result, removed_at, id,
       CASE WHEN result IS DISTINCT FROM 'success' THEN 'low'
            WHEN removed_at <= event_time + INTERVAL '1' DAY THEN 'medium'
            ELSE 'high' END AS severity,
       concat(coalesce(actor, 'Somebody unknown'),
              CASE WHEN result IS DISTINCT FROM 'success' THEN ' tried to turn' ELSE ' turned' END,
              ' on access to all Azure subscriptions',
              CASE WHEN result IS DISTINCT FROM 'success' THEN '' WHEN removed_at IS NULL THEN ' and kept it'
                   ELSE ' and it was taken away again later' END) AS finding,
       event_time AS first_time,
       CASE WHEN result = 'success' THEN coalesce(removed_at, event_time) ELSE event_time END AS last_time,
       CASE WHEN result = 'success' AND removed_id IS NOT NULL THEN make_array(id, removed_id) ELSE make_array(id) END
           AS event_ids
FROM paired
WHERE is_on
ORDER BY event_time, id
