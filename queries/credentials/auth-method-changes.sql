-- name: Changes of authentication methods
-- question: Whose security info was registered, changed or deleted, which method, and by the user or by somebody else?
-- kind: detection
-- technique: T1556.006
-- severity: medium
-- needs: audit
-- param: user text optional; Only this user: object id or user principal name.
-- caveat: Counts successful events of the services Authentication Methods, Azure MFA and Device Registration, and of
--     phone app details and application passwords; a registration that was only begun, cancelled or failed does not.
-- caveat: The method is taken from the event's reason, else from the activity; some events name none.
-- caveat: Medium is what was changed by somebody else than the user, but for temporary access passes: these are judged
--     by credentials/tap-issued.
-- caveat: by_self is NULL where a service acted, as it does when a device registers its own key.
WITH event AS (
    SELECT event_time, id, activity, lower(activity) AS activity_key, result_reason, actor_type, actor_ip AS ip,
           coalesce(actor_upn, actor_name, actor_id, actor_service_principal_name, actor_app_id, actor_type) AS actor,
           actor_id, actor_upn, coalesce(target_of_type(targets, 'User'), target_id) AS user_id, target_upn,
           coalesce(target_upn, target_name, target_id) AS user
    FROM audit
    WHERE lower(activity) IN (
              'user registered security info', 'user registered all required security info',
              'user updated security info', 'user changed default security info', 'user deleted security info',
              'admin registered security info', 'admin updated security info', 'admin deleted security info',
              'add fido2 security key', 'delete fido2 security key(s)', 'add windows hello for business credential',
              'delete windows hello for business credential', 'add passwordless phone sign-in credential',
              'delete passwordless phone sign-in credential', 'add platform credential', 'delete platform credential',
              'add users strong authentication phone app detail', 'remove users strong authentication phone app detail',
              'create application password for user', 'delete application password for user')
      AND (result IS NULL OR result = 'success')
),
method AS (
    SELECT *,
           CASE
               WHEN activity_key LIKE '%delete%' OR activity_key LIKE 'remove %' THEN 'deleted'
               WHEN activity_key LIKE '%updated%' OR activity_key LIKE '%changed%' THEN 'changed'
               ELSE 'registered'
           END AS change,
           CASE
               WHEN lower(actor_id) = lower(user_id) OR lower(actor_upn) = lower(target_upn) THEN true
               WHEN activity_key LIKE 'user %' AND (actor_type IS DISTINCT FROM 'user') THEN true
               WHEN activity_key LIKE 'admin %' OR actor_type = 'user' THEN false
           END AS by_self,
           CASE
               WHEN result_reason ~* '^(user|admin) (registered|changed|updated|deleted) .'
                   THEN nullif(regexp_replace(
                            regexp_replace(result_reason, '^(user|admin) (registered|changed|updated|deleted) (the )?',
                                           '', 'i'),
                            '( method)?( for (the )?user)?[. ]*$', '', 'i'), '')
               WHEN activity_key NOT LIKE '%security info'
                   THEN regexp_replace(
                            regexp_replace(activity, '^(add|delete|remove|create) (users )?', '', 'i'),
                            ' for user$', '')
           END AS method
    FROM event
)
SELECT event_time, actor, user, user_id, by_self, method, change, activity, ip,
       CASE WHEN by_self IS FALSE AND coalesce(method NOT ILIKE '%temporary access pass%', true) THEN 'medium'
            ELSE 'low' END AS severity,
       concat(CASE WHEN by_self THEN coalesce(user, 'A user') ELSE coalesce(actor, 'Somebody') END, ' ', change, ' ',
              coalesce(method, 'security info'),
              CASE WHEN by_self THEN '' ELSE concat(' for ', coalesce(user, 'a user')) END) AS finding,
       event_time AS first_time, event_time AS last_time, make_array(id) AS event_ids
FROM method
WHERE $user IS NULL OR lower(user_id) = lower($user) OR lower(target_upn) = lower($user)
ORDER BY event_time, id
