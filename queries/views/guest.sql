-- name: guest
-- about: One row per guest with what the archive's events say of its state now. An invitation that made no user is
--     counted with the guest of the same mail address, if there is one.
-- column guest_id: Object id; NULL if no invitation ever made a user.
-- column guest_email: Mail address that was invited.
-- column guest_upn: User principal name in this tenant.
-- column state: `redeemed`, `pending` (invited, or its redemption reset, and not redeemed since), `failed` (no
--     invitation succeeded), `deleted` (and neither restored nor invited again), or `known` (seen only in other
--     events).
-- column invited_at: Time of the first successful invitation.
-- column invited_by: Who invited first: user principal name, else the application's name.
-- column last_invited_at: Time of the last successful invitation.
-- column invitations: Successful invitations, repeated ones included.
-- column redeemed_at: Time of the first redemption: see `guest_redemption`.
-- column redeemed_with: How the guest redeemed, e.g. `One Time Passcode`.
-- column sponsor: Sponsor that was assigned last.
-- column reviewed_at: Time of the last access review event.
-- column deleted_at: Time of the last deletion, unless restored or invited again later.
-- column first_event: Time of the first event about the guest.
-- column last_event: Time of the last event about the guest.
-- column events: Events about the guest.
WITH same_address AS (
    SELECT guest_email, max(guest_id) AS guest_id FROM guest_user GROUP BY guest_email
),
redemption AS (
    SELECT coalesce(guest_id, guest_email) AS one_id, min(event_time) AS redeemed_at,
           max(event_time) AS last_redeemed_at,
           first_value(source ORDER BY event_time, id) FILTER (WHERE source IS NOT NULL) AS redeemed_with
    FROM guest_redemption
    GROUP BY coalesce(guest_id, guest_email)
),
event AS (
    SELECT e.*, coalesce(e.guest_id, s.guest_id) AS one_id
    FROM guest_event e LEFT JOIN same_address s ON e.guest_id IS NULL AND s.guest_email = e.guest_email
),
per_guest AS (
    SELECT max(one_id) AS guest_id, max(guest_email) AS guest_email, max(guest_upn) AS guest_upn,
           min(event_time) FILTER (WHERE stage = 'invited' AND result = 'success') AS invited_at,
           max(event_time) FILTER (WHERE stage = 'invited' AND result = 'success') AS last_invited_at,
           max(event_time) FILTER (WHERE activity LIKE '%reset invitation status%' AND result = 'success') AS reset_at,
           first_value(coalesce(actor_upn, actor_name) ORDER BY event_time, id)
               FILTER (WHERE stage = 'invited' AND result = 'success') AS invited_by,
           count(*) FILTER (WHERE stage = 'invited' AND result = 'success') AS invitations,
           count(*) FILTER (WHERE stage = 'invited') AS attempts,
           last_value(other_target ORDER BY event_time, id)
               FILTER (WHERE activity = 'Add user sponsor' AND result = 'success') AS sponsor,
           max(event_time) FILTER (WHERE stage = 'reviewed') AS reviewed_at,
           max(event_time) FILTER (WHERE stage = 'deleted' AND result = 'success') AS deleted_at,
           max(event_time) FILTER (WHERE stage IN ('invited', 'restored') AND result = 'success') AS back_at,
           min(event_time) AS first_event, max(event_time) AS last_event, count(*) AS events
    FROM event
    GROUP BY coalesce(one_id, guest_email)
)
SELECT p.guest_id, p.guest_email, p.guest_upn,
       CASE
           WHEN p.deleted_at IS NOT NULL AND (p.back_at IS NULL OR p.back_at < p.deleted_at) THEN 'deleted'
           WHEN r.last_redeemed_at IS NOT NULL AND (p.reset_at IS NULL OR r.last_redeemed_at >= p.reset_at)
               THEN 'redeemed'
           WHEN p.invited_at IS NOT NULL THEN 'pending'
           WHEN p.attempts > 0 THEN 'failed'
           ELSE 'known'
       END AS state,
       p.invited_at, p.invited_by, p.last_invited_at, p.invitations, r.redeemed_at, r.redeemed_with, p.sponsor,
       p.reviewed_at,
       CASE WHEN p.back_at IS NULL OR p.back_at < p.deleted_at THEN p.deleted_at END AS deleted_at,
       p.first_event, p.last_event, p.events
FROM per_guest p LEFT JOIN redemption r ON r.one_id = coalesce(p.guest_id, p.guest_email)
