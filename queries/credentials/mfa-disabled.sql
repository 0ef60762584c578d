-- name: Strong authentication switched off
-- question: For which users was multifactor authentication per user switched off, by whom?
-- kind: detection
-- technique: T1556.006
-- severity: medium
-- needs: audit
-- caveat: Per-user multifactor authentication only: what a Conditional Access policy asks for is in ca-policy-changes,
--     methods that were deleted are in auth-method-changes.
-- caveat: One switch makes up to two events with one correlation id; they are one row here, with both ids.
WITH change AS (
    SELECT event_time, id, tenant_id, correlation_id, activity, actor_type, actor_id, actor_upn, actor_name,
           target_id, target_upn, target_name, unnest(modified_properties) AS p
    FROM audit_target
    WHERE lower(activity) IN ('update user', 'disable strong authentication',
                              'update per-user multifactor authentication state')
      AND cardinality(modified_properties) > 0 AND (result IS NULL OR result = 'success')
),
-- Updates of users are many and mostly of other properties: values are decoded after that is known.
setting AS (
    SELECT event_time, id, tenant_id, correlation_id, activity, actor_type, actor_id, actor_upn, actor_name,
           target_id, target_upn, target_name, p['name'] AS property,
           property_value(p['old_value']) AS old_value, property_value(p['new_value']) AS new_value
    FROM change
    WHERE lower(p['name']) IN ('strongauthenticationrequirement', 'peruserauthenticationstate', 'perusermfastate')
),
state AS (
    SELECT event_time, id, tenant_id, correlation_id, activity, actor_type, actor_id, actor_upn, actor_name,
           target_id, target_upn, target_name,
           -- No requirement at all is as good as state 0.
           CASE WHEN lower(property) = 'strongauthenticationrequirement'
                THEN coalesce(json_value(old_value, '$.State'), json_value(old_value, '$[0].State'), '0')
                ELSE lower(old_value) END AS old_state,
           CASE WHEN lower(property) = 'strongauthenticationrequirement'
                THEN coalesce(json_value(new_value, '$.State'), json_value(new_value, '$[0].State'), '0')
                ELSE lower(new_value) END AS new_state
    FROM setting
    UNION ALL
    SELECT event_time, id, tenant_id, correlation_id, activity, actor_type, actor_id, actor_upn, actor_name,
           target_id, target_upn, target_name, NULL, NULL
    FROM audit
    WHERE lower(activity) = 'disable strong authentication' AND (result IS NULL OR result = 'success')
),
word AS (
    SELECT *,
           CASE old_state WHEN '0' THEN 'disabled' WHEN '1' THEN 'enabled' WHEN '2' THEN 'enforced'
                          ELSE old_state END AS old,
           CASE new_state WHEN '0' THEN 'disabled' WHEN '1' THEN 'enabled' WHEN '2' THEN 'enforced'
                          ELSE new_state END AS new
    FROM state
),
switch AS (
    SELECT coalesce(nullif(correlation_id, '00000000-0000-0000-0000-000000000000'), id) AS operation, tenant_id,
           coalesce(target_id, target_upn, target_name) AS user_id,
           min(event_time) AS first_time, max(event_time) AS last_time,
           max(coalesce(actor_upn, actor_name, actor_id, actor_type)) AS actor,
           max(coalesce(target_upn, target_name, target_id)) AS user, max(old) AS old,
           coalesce(max(new), 'disabled') AS new,
           array_agg(DISTINCT activity ORDER BY activity) AS activities,
           array_agg(DISTINCT id ORDER BY id) AS event_ids
    FROM word
    WHERE new IS NULL OR new = 'disabled' AND (old IS DISTINCT FROM 'disabled')
    GROUP BY 1, 2, 3
)
SELECT first_time AS event_time, actor, user, user_id, old, new, activities, 'medium' AS severity,
       concat(coalesce(actor, 'Somebody'), ' switched strong authentication off for ', coalesce(user, 'a user'),
              CASE WHEN old IS NULL THEN '' ELSE concat(' (it was ', old, ')') END) AS finding,
       first_time, last_time, event_ids
FROM switch
ORDER BY first_time, operation, user_id
