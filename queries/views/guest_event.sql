-- name: guest_event
-- about: One row per event and guest that it was done to: invitations, mails, redemptions, sponsors, changes, roles,
--     reviews, deletions. A guest is a user whose name has `#EXT#`, or who was invited.
-- column stage: `invited`, `mail`, `redeemed`, `created`, `sponsored`, `reviewed`, `role`, `deleted`, `changed`.
-- column guest_id: Object id of the guest; NULL where an invitation made none.
-- column guest_upn: User principal name of the guest.
-- column guest_email: Mail address: detail `invitedUserEmailAddress`, else the fact `Email` packed into the target's
--     name, else taken from the user principal name. One guest has one address in all its events.
-- column source: How the guest redeemed, e.g. `One Time Passcode`.
-- column other_target: Name of the event's other target: the sponsor, group, role or review.
WITH target AS (
    -- B2C events are about consumers; leaving them out here keeps most of an archive out of the joins below.
    SELECT event_time, id, tenant_id, correlation_id, service, category, activity, result, result_reason,
           actor_type, actor_id, actor_upn, actor_name, actor_ip,
           detail(details, 'invitedUserEmailAddress') AS invited_email, targets,
           unnest(targets) AS one, unnest(range(1, CAST(cardinality(targets) AS BIGINT) + 1)) AS target_index
    FROM audit
    WHERE (service IS DISTINCT FROM 'B2C') AND cardinality(targets) > 0
),
about_user AS (
    SELECT *, nullif(one['id'], '') AS user_id, one['upn'] AS upn,
           packed_value(one['name'], 'Email') AS packed_email, packed_value(one['name'], 'Source') AS source,
           regexp_replace(split_part(one['upn'], '#EXT#', 1), '_([^_]*)$', '@\1') AS upn_email,
           service IN ('Invited Users', 'B2B Auth') OR one['upn'] LIKE '%#EXT#%' AS is_about_guest
    FROM target
    WHERE one['type'] = 'User' OR one['type'] IS NULL
),
known_guest AS (
    SELECT tenant_id, user_id, max(upn) AS upn,
           lower(coalesce(max(invited_email), max(packed_email), max(upn_email))) AS email
    FROM about_user
    WHERE is_about_guest AND user_id IS NOT NULL
    GROUP BY tenant_id, user_id
),
-- The same guest, seen in downloads that name the tenant and in others that do not.
guest_user AS (
    SELECT user_id, max(upn) AS upn, max(email) AS email FROM known_guest GROUP BY user_id
)
SELECT u.event_time, u.id, u.tenant_id, u.correlation_id, u.service, u.category, u.activity, u.result, u.result_reason,
       CASE
           WHEN u.activity LIKE 'Invite %' OR u.activity = 'Viral user creation' THEN 'invited'
           WHEN u.activity = 'Invitation Email' OR u.activity LIKE 'Email %' THEN 'mail'
           WHEN u.activity LIKE 'Redeem %' THEN 'redeemed'
           WHEN u.service = 'Access Reviews' THEN 'reviewed'
           WHEN u.activity ILIKE '%sponsor%' THEN 'sponsored'
           WHEN u.category = 'RoleManagement' OR u.activity ILIKE '%member %role%' THEN 'role'
           WHEN u.activity ILIKE '%delete %user%' THEN 'deleted'
           WHEN u.activity = 'Add user' THEN 'created'
           ELSE 'changed'
       END AS stage,
       u.user_id AS guest_id,
       coalesce(g.upn, u.upn) AS guest_upn,
       coalesce(g.email, lower(coalesce(u.invited_email, u.packed_email, u.upn_email))) AS guest_email,
       u.source,
       CASE WHEN cardinality(u.targets) > 1 THEN
           coalesce(u.targets[CASE u.target_index WHEN 1 THEN 2 ELSE 1 END]['name'],
                    u.targets[CASE u.target_index WHEN 1 THEN 2 ELSE 1 END]['upn'],
                    u.targets[CASE u.target_index WHEN 1 THEN 2 ELSE 1 END]['id'])
       END AS other_target,
       u.actor_type, u.actor_id, u.actor_upn, u.actor_name, u.actor_ip
FROM about_user u LEFT JOIN guest_user g ON g.user_id = u.user_id
WHERE u.is_about_guest OR g.user_id IS NOT NULL
