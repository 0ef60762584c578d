-- name: b2c_admin_call
-- about: One row per call of an administrator, or of an application that administers, to Azure AD B2C. A call makes
--     two events with one correlation id, one for the permission and one for the act, whose names may differ in an
--     article, in letter case or as `Upload` and `Update`.
-- column activity: Name of the activity, as the first of the events spells it.
-- column object_kind: `policy-key`, `custom-policy`, `user-flow`, `identity-provider`, `api-connector` (extensions
--     and listeners too), `application`, `user-attribute` or `other`; told by the activity's name, today's and older
--     ones.
-- column is_read: Whether the activity only looks: `Get …`, `Check …`, `Retrieve …`, `Validate …` and their like.
-- column object: Names (else ids) of what was acted on.
-- column result: `failure` if one of the events did not succeed, e.g. because the permission was refused.
-- column reason: Why one did not succeed, else what the service says of the permission.
-- column categories: Categories of the events.
-- column event_ids: Ids of the events.
-- column object_type: Type of what was acted on; of several the last in the alphabet.
-- column last_time: Time of the last of the events.
-- column ip: Address of the administrator.
SELECT event_time, last_time, tenant_id, correlation_id, activity,
       CASE
           WHEN name LIKE '%policy key%' OR name LIKE '%key container%' OR name LIKE '%cpim%key%'
               OR name LIKE '%ascii secret%' OR name = 'generate key' THEN 'policy-key'
           WHEN name LIKE '%identity%provider%' OR name LIKE '%idp%' THEN 'identity-provider'
           WHEN name LIKE '%api connector%' OR name LIKE '%customextension%' OR name LIKE '%authenticationextension%'
               OR name LIKE '%eventlistener%' THEN 'api-connector'
           WHEN name LIKE '%custom polic%' OR name LIKE '%trustframework%' OR name LIKE '%iefpolic%'
               OR name LIKE '%starter pack%' OR name LIKE '%policydatas%'
               OR name IN ('create policy', 'update policy', 'delete policy', 'get policy', 'get policies')
               THEN 'custom-policy'
           WHEN name LIKE '%user flow%' OR name LIKE '%user%journey%' OR name LIKE '%admin flow%'
               OR name LIKE '%eventsflow%' OR name LIKE '%eventspolicy%' OR name LIKE '%authentication flows policy%'
               THEN 'user-flow'
           WHEN name LIKE '%application%' THEN 'application'
           WHEN name LIKE '%user attribute%' THEN 'user-attribute'
           ELSE 'other'
       END AS object_kind,
       name LIKE 'get%' OR name LIKE 'check %' OR name LIKE 'retrieve %' OR name LIKE 'validate %'
           OR name LIKE 'verify if %' OR name LIKE 'user authorization:%' OR name LIKE '%-getresources' AS is_read,
       object, object_type, result, reason, actor_type, actor_id, actor_upn, actor_name, ip, categories, event_ids
FROM (
    -- Through `max` the comparisons above are made once a call, not for every event before they are grouped.
    SELECT max(key) AS name, min(event_time) AS event_time, max(event_time) AS last_time, max(tenant_id) AS tenant_id,
           max(correlation_id) AS correlation_id, first_value(activity ORDER BY event_time, id) AS activity,
           string_agg(DISTINCT object, ', ' ORDER BY object) AS object, max(object_type) AS object_type,
           CASE
               WHEN count(*) FILTER (WHERE result <> 'success') > 0 THEN 'failure'
               WHEN count(result) > 0 THEN 'success'
           END AS result,
           coalesce(max(result_reason) FILTER (WHERE result <> 'success'), max(result_reason)) AS reason,
           max(actor_type) AS actor_type, max(actor_id) AS actor_id, max(actor_upn) AS actor_upn,
           max(actor_name) AS actor_name, max(ip) AS ip,
           array_agg(DISTINCT category ORDER BY category) AS categories,
           array_agg(id ORDER BY event_time, id) AS event_ids
    FROM (
        SELECT *, coalesce(nullif(correlation_id, '00000000-0000-0000-0000-000000000000'), id) AS call_id,
               regexp_replace(regexp_replace(lower(activity), ' (a|an|the) ', ' ', 'g'), '^upload ', 'update ') AS key
        FROM b2c_event
        WHERE step IS NULL
    )
    GROUP BY call_id, key
)
