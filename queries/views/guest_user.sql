-- name: guest_user
-- about: One row per object id that was a guest in any event, as target or actor: the definition of a known guest. A
--     guest is a user whose user principal name has `#EXT#`, or whom `Invited Users` or `B2B Auth` wrote about. A
--     guest who became a member stays in it.
-- column guest_id: Object id of the guest.
-- column guest_upn: User principal name in this tenant.
-- column guest_email: Mail address: detail `invitedUserEmailAddress`, else the fact `Email` packed into a target's
--     name, else taken from the user principal name.
WITH seen AS (
    SELECT target_id AS guest_id, target_upn AS upn,
           CASE WHEN service = 'Invited Users' THEN detail(details, 'invitedUserEmailAddress') END AS invited_email,
           CASE WHEN service IN ('Invited Users', 'B2B Auth') THEN packed_value(target_name, 'Email') END
               AS packed_email
    FROM audit
    -- B2C events are about consumers; leaving them out here keeps most of an archive out of the work below.
    WHERE (service IS DISTINCT FROM 'B2C') AND (target_type = 'User' OR target_type IS NULL)
      AND (target_upn LIKE '%#EXT#%' OR service IN ('Invited Users', 'B2B Auth'))
    UNION ALL
    SELECT actor_id, actor_upn, NULL, NULL
    FROM audit
    WHERE actor_upn LIKE '%#EXT#%' AND (service IS DISTINCT FROM 'B2C')
    UNION ALL
    -- Only where something else than the user comes first need the other targets be looked at.
    SELECT one['id'], one['upn'], NULL, NULL
    FROM (
        SELECT unnest(targets) AS one
        FROM audit
        WHERE (service IS DISTINCT FROM 'B2C') AND (target_type <> 'User' OR activity ILIKE '%sponsor%')
          AND coalesce(target_count, 2) > 1
    )
    WHERE one['upn'] LIKE '%#EXT#%'
)
SELECT guest_id, upn AS guest_upn,
       lower(coalesce(invited_email, packed_email, CASE WHEN upn LIKE '%#EXT#%' THEN
           regexp_replace(split_part(upn, '#EXT#', 1), '_([^_]*)$', '@\1') END)) AS guest_email
FROM (
    SELECT guest_id, max(nullif(upn, '')) AS upn, max(invited_email) AS invited_email,
           max(packed_email) AS packed_email
    FROM seen
    WHERE guest_id <> ''
    GROUP BY guest_id
)
