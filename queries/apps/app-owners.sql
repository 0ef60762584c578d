-- name: Owners of applications
-- question: Who was made owner of an application or service principal, or ceased to be, and by whom?
-- kind: detection
-- technique: T1098
-- severity: medium
-- needs: audit
-- caveat: Whoever creates an application becomes its owner by that; such rows are low, and so are removals.
-- caveat: Medium is an actor who made the own account owner of an application, but for one just created.
-- caveat: Successful events only.
WITH event AS (
    SELECT event_time, id, tenant_id, correlation_id, activity, lower(activity) AS activity_key, actor_id, actor_upn,
           actor_ip AS ip, targets,
           coalesce(actor_upn, actor_name, actor_id, actor_service_principal_id, actor_app_id, actor_type) AS actor,
           coalesce(actor_id, actor_service_principal_id) AS actor_object_id
    FROM audit
    WHERE lower(activity) IN ('add owner to application', 'remove owner from application',
                              'add owner to service principal', 'remove owner from service principal')
      AND (result IS NULL OR result = 'success')
),
fact AS (
    SELECT id, tenant_id,
           max(coalesce(new_value, old_value))
               FILTER (WHERE lower(property) IN ('application.objectid', 'serviceprincipal.objectid')) AS app_object_id,
           max(coalesce(new_value, old_value))
               FILTER (WHERE lower(property) IN ('application.displayname', 'serviceprincipal.displayname'))
               AS app_name,
           max(coalesce(new_value, old_value))
               FILTER (WHERE lower(property) IN ('application.appid', 'serviceprincipal.appid')) AS app_id
    FROM audit_change
    WHERE lower(activity) IN ('add owner to application', 'remove owner from application',
                              'add owner to service principal', 'remove owner from service principal')
    GROUP BY id, tenant_id
),
-- The owner is the first target, the application mostly the second.
party AS (
    SELECT e.*, e.targets[1] AS owner, e.targets[2] AS app,
           coalesce(f.app_object_id, e.targets[2]['id']) AS app_object_id,
           coalesce(f.app_name, e.targets[2]['name']) AS app_name, f.app_id
    FROM event e
    LEFT JOIN fact f ON f.id = e.id AND (f.tenant_id IS NOT DISTINCT FROM e.tenant_id)
),
created AS (
    SELECT DISTINCT correlation_id
    FROM audit
    WHERE lower(activity) IN ('add application', 'add service principal')
      AND correlation_id <> '00000000-0000-0000-0000-000000000000'
),
judged AS (
    SELECT p.*, coalesce(p.owner['upn'], p.owner['name'], p.owner['id']) AS owner_word,
           p.activity_key LIKE 'add %' AS is_added, c.correlation_id IS NOT NULL AS is_creation,
           coalesce(lower(p.owner['id']) = lower(p.actor_object_id), lower(p.owner['upn']) = lower(p.actor_upn), false)
               AS is_self
    FROM party p
    LEFT JOIN created c ON c.correlation_id = p.correlation_id
)
SELECT event_time, actor, app_name AS app, app_id, app_object_id, owner_word AS owner, owner['id'] AS owner_id,
       activity, is_self, is_creation, ip,
       CASE WHEN is_added AND is_self AND NOT is_creation THEN 'medium' ELSE 'low' END AS severity,
       concat(coalesce(actor, 'Somebody'), CASE WHEN is_added THEN ' made ' ELSE ' removed ' END,
              CASE WHEN is_self THEN 'the own account' ELSE coalesce(owner_word, 'somebody') END,
              CASE WHEN is_added THEN ' an owner of ' ELSE ' as an owner of ' END,
              coalesce(app_name, app_object_id, 'an application'),
              CASE WHEN is_creation THEN ' when it was created' ELSE '' END) AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM judged
ORDER BY event_time, id
