-- name: guest_event
-- about: One row per event and guest that it was done to: invitations, mails, redemptions, sponsors, changes, groups,
--     roles, access packages, reviews, deletions. Who is a guest says `guest_user`. What guests do themselves and
--     their sign-ins are not in it.
-- column stage: `invited`, `mail`, `redeemed`, `created`, `sponsored`, `group`, `role`, `package` (entitlement
--     management), `reviewed`, `deleted`, `restored`, `changed` (everything else).
-- column guest_id: Object id of the guest; NULL where an invitation made none.
-- column guest_upn: User principal name of the guest.
-- column guest_email: Mail address: detail `invitedUserEmailAddress`, else the fact `Email` packed into the target's
--     name, else taken from the user principal name. One guest has one address in all its events.
-- column source: How the guest redeemed, e.g. `One Time Passcode`.
-- column other_target: Name of the event's other target: the sponsor, group, role or review.
WITH event AS (
    -- Events that can be about a guest; first of all without B2C, whose events are about consumers: this keeps most of
    -- an archive out of the work below.
    SELECT event_time, id, tenant_id, correlation_id, service, category, activity, result, result_reason,
           actor_type, actor_id, actor_upn, actor_name, actor_ip, details, targets
    FROM audit
    WHERE (service IS DISTINCT FROM 'B2C')
      AND (target_upn LIKE '%#EXT#%' OR service IN ('Invited Users', 'B2B Auth') OR target_type IS NULL
           OR target_type <> 'User' OR activity ILIKE '%sponsor%')
    UNION ALL
    -- Guests whose name lost its `#EXT#`, or never had one: known by their id only.
    SELECT a.event_time, a.id, a.tenant_id, a.correlation_id, a.service, a.category, a.activity, a.result,
           a.result_reason, a.actor_type, a.actor_id, a.actor_upn, a.actor_name, a.actor_ip, a.details, a.targets
    FROM guest_user g JOIN audit a ON a.target_id = g.guest_id
    WHERE a.target_type = 'User' AND (a.target_upn IS NULL OR a.target_upn NOT LIKE '%#EXT#%')
      AND (a.service IS NULL OR a.service NOT IN ('B2C', 'Invited Users', 'B2B Auth'))
      AND NOT a.activity ILIKE '%sponsor%'
),
target AS (
    SELECT event_time, id, tenant_id, correlation_id, service, category, activity, result, result_reason,
           actor_type, actor_id, actor_upn, actor_name, actor_ip,
           CASE WHEN service = 'Invited Users' THEN detail(details, 'invitedUserEmailAddress') END AS invited_email,
           targets, unnest(targets) AS one,
           unnest(range(1, CAST(cardinality(targets) AS BIGINT) + 1)) AS target_index
    FROM event
),
about_user AS (
    SELECT event_time, id, tenant_id, correlation_id, service, category, activity, result, result_reason, actor_type,
           actor_id, actor_upn, actor_name, actor_ip, invited_email, nullif(one['id'], '') AS user_id,
           nullif(one['upn'], '') AS upn, packed_value(one['name'], 'Email') AS packed_email,
           packed_value(one['name'], 'Source') AS source,
           service IN ('Invited Users', 'B2B Auth') OR one['upn'] LIKE '%#EXT#%' AS is_about_guest,
           CASE WHEN cardinality(targets) > 1 THEN
               coalesce(targets[CASE target_index WHEN 1 THEN 2 ELSE 1 END]['name'],
                        targets[CASE target_index WHEN 1 THEN 2 ELSE 1 END]['upn'],
                        targets[CASE target_index WHEN 1 THEN 2 ELSE 1 END]['id'])
           END AS other_target
    FROM target
    -- Not before the lists are taken apart: a test of the lists would be made on far more rows, and copy them.
    WHERE target_index IS NOT NULL AND (one['type'] = 'User' OR one['type'] IS NULL)
)
SELECT u.event_time, u.id, u.tenant_id, u.correlation_id, u.service, u.category, u.activity, u.result, u.result_reason,
       CASE
           WHEN u.activity LIKE 'Invite %' OR u.activity = 'Viral user creation' THEN 'invited'
           WHEN u.activity = 'Invitation Email' OR u.activity LIKE 'Email %' THEN 'mail'
           WHEN u.activity LIKE 'Redeem %' THEN 'redeemed'
           WHEN u.service = 'Access Reviews' THEN 'reviewed'
           WHEN u.activity ILIKE '%sponsor%' THEN 'sponsored'
           WHEN u.service = 'Entitlement Management' THEN 'package'
           WHEN u.activity ILIKE '%member to group%' OR u.activity ILIKE '%member from group%'
               OR u.activity ILIKE '%owner to group%' OR u.activity ILIKE '%owner from group%' THEN 'group'
           WHEN u.category = 'RoleManagement' OR u.activity ILIKE '%member %role%' THEN 'role'
           WHEN u.activity ILIKE '%delete %user%' THEN 'deleted'
           WHEN u.activity = 'Restore user' THEN 'restored'
           WHEN u.activity = 'Add user' THEN 'created'
           ELSE 'changed'
       END AS stage,
       u.user_id AS guest_id,
       coalesce(g.guest_upn, u.upn) AS guest_upn,
       coalesce(g.guest_email,
                lower(coalesce(u.invited_email, u.packed_email,
                               CASE WHEN u.upn LIKE '%#EXT#%' THEN
                                   regexp_replace(split_part(u.upn, '#EXT#', 1), '_([^_]*)$', '@\1') END)))
           AS guest_email,
       u.source, u.other_target,
       u.actor_type, u.actor_id, u.actor_upn, u.actor_name, u.actor_ip
FROM guest_user g RIGHT JOIN about_user u ON g.guest_id = u.user_id
WHERE u.is_about_guest OR g.guest_id IS NOT NULL
