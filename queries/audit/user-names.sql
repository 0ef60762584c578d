-- name: Names of a user
-- question: Under which object ids and user principal names is a user known, and in which time?
-- kind: report
-- needs: audit
-- param: user text required; Object id, user principal name or mail address; case does not matter.
-- caveat: One step far: the ids that go with the name, and the names that go with these ids. Who was renamed is found
--     under the old name, too; a name that was given to somebody else later brings that one's id as well.
-- caveat: Of an export of `/users` there is no time.
WITH seen AS (
    SELECT actor_id AS user_id, actor_upn AS upn, event_time FROM audit WHERE actor_upn IS NOT NULL
    UNION ALL SELECT target_id, target_upn, event_time FROM audit WHERE target_type = 'User'
    UNION ALL SELECT user_id, user_upn, event_time FROM signin WHERE user_upn IS NOT NULL OR user_id IS NOT NULL
    UNION ALL SELECT id, upn, NULL FROM directory_user_latest
    UNION ALL SELECT id, mail, NULL FROM directory_user_latest WHERE mail IS NOT NULL
),
known AS (
    SELECT nullif(lower(user_id), '00000000-0000-0000-0000-000000000000') AS user_id, lower(upn) AS upn, event_time
    FROM seen
),
own AS (
    SELECT user_id FROM known
    WHERE user_id IS NOT NULL AND (user_id = lower($user) OR upn = lower($user))
    GROUP BY user_id
),
about AS (
    SELECT user_id, upn, event_time FROM known
    WHERE user_id IN (SELECT user_id FROM own) OR upn = lower($user)
)
SELECT kind, name, count(event_time) AS events, min(event_time) AS first_event, max(event_time) AS last_event
FROM (
    SELECT 'object id' AS kind, user_id AS name, event_time FROM about
    UNION ALL SELECT 'user principal name', upn, event_time FROM about
)
WHERE name IS NOT NULL AND name <> ''
GROUP BY kind, name
ORDER BY events DESC, kind, name
