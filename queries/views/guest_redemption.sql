-- name: guest_redemption
-- about: One row per redemption of an invitation: the definition of redeemed. That is a successful event `Redeem …` of
--     `B2B Auth` or `Invited Users`, both spellings; and, where an archive has no such event of the guest within an
--     hour, the change of the user's state to `Accepted`.
-- column guest_id: Object id of the guest.
-- column guest_email: Mail address of the guest.
-- column source: How the guest redeemed, e.g. `One Time Passcode`; NULL where only the state says so.
WITH redeemed AS (
    SELECT event_time, id, tenant_id, activity,
           coalesce(target_of_type(targets, 'User'), nullif(target_id, '')) AS guest_id,
           lower(coalesce(detail(details, 'invitedUserEmailAddress'), packed_value(target_name, 'Email')))
               AS packed_email,
           packed_value(target_name, 'Source') AS source
    FROM audit
    WHERE activity LIKE 'Redeem %' AND result = 'success'
),
accepted AS (
    SELECT DISTINCT event_time, id, tenant_id, activity, target_id AS guest_id
    FROM (
        SELECT event_time, id, tenant_id, activity, target_id, unnest(one['modified_properties']) AS change
        FROM (
            SELECT event_time, id, tenant_id, activity, target_id, targets[1] AS one
            FROM audit
            WHERE activity = 'Update user' AND target_upn LIKE '%#EXT#%' AND (service IS DISTINCT FROM 'B2C')
              AND result = 'success'
        )
        WHERE cardinality(one['modified_properties']) > 0
    )
    WHERE change['name'] IN ('UserState', 'ExternalUserState') AND property_value(change['new_value']) = 'Accepted'
),
evidence AS (
    SELECT event_time, id, tenant_id, activity, guest_id, packed_email, source
    FROM redeemed
    UNION ALL
    SELECT a.event_time, a.id, a.tenant_id, a.activity, a.guest_id, NULL, NULL
    FROM accepted a
    WHERE NOT EXISTS (
        SELECT 1 FROM redeemed r
        WHERE r.guest_id = a.guest_id AND r.event_time >= a.event_time - INTERVAL '1' HOUR
          AND r.event_time <= a.event_time + INTERVAL '1' HOUR)
)
SELECT e.event_time, e.id, e.tenant_id, e.activity, e.guest_id, coalesce(g.guest_email, e.packed_email) AS guest_email,
       e.source
FROM evidence e LEFT JOIN guest_user g ON g.guest_id = e.guest_id
