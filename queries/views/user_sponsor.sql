-- name: user_sponsor
-- about: One row per sponsor of a user, from the newest export that was made with the sponsors.
-- column user_id: Object id of the user; joins directory_user_latest.id.
-- column user_upn: User principal name of the user.
-- column user_name: Display name of the user.
-- column user_mail: Mail address of the user.
-- column sponsor_id: Object id of the sponsor.
-- column sponsor_type: `user` or `group`; NULL where the export does not say.
-- column sponsor_name: Display name of the sponsor.
-- column sponsor_upn: User principal name of the sponsor.
-- column sponsor_mail: Mail address of the sponsor.
WITH exported AS (
    SELECT *, row_number() OVER (
        PARTITION BY id ORDER BY event_time DESC, source_file DESC, source_offset DESC
    ) AS newest
    FROM directory_user
    WHERE sponsors IS NOT NULL
),
sponsor AS (
    SELECT event_time, tenant_id, id AS user_id, upn AS user_upn, name AS user_name, mail AS user_mail, user_type,
           source_file, source_offset, unnest(sponsors) AS s
    FROM exported
    WHERE newest = 1 AND cardinality(sponsors) > 0
)
SELECT event_time, tenant_id, user_id, user_upn, user_name, user_mail, user_type, s['id'] AS sponsor_id,
       s['type'] AS sponsor_type, s['name'] AS sponsor_name, s['upn'] AS sponsor_upn, s['mail'] AS sponsor_mail,
       source_file, source_offset
FROM sponsor
