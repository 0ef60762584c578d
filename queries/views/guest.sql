-- name: guest
-- about: One row per guest with what the archive's events say of its state now.
-- column guest_id: Object id; NULL if no invitation ever made a user.
-- column guest_email: Mail address that was invited.
-- column guest_upn: User principal name in this tenant.
-- column state: `redeemed`, `pending` (invited, not redeemed), `failed` (no invitation succeeded), `deleted`, or
--     `known` (seen only in other events).
-- column invited_at: Time of the first successful invitation.
-- column invited_by: Who invited first: user principal name, else the application's name.
-- column invitations: Successful invitations, repeated ones included.
-- column redeemed_at: Time of the first redemption.
-- column redeemed_with: How the guest redeemed, e.g. `One Time Passcode`.
-- column sponsor: Sponsor that was assigned last.
-- column reviewed_at: Time of the last access review event.
-- column deleted_at: Time of the last deletion, unless invited again later.
-- column first_event: Time of the first event about the guest.
-- column last_event: Time of the last event about the guest.
-- column events: Events about the guest.
WITH per_guest AS (
    SELECT max(guest_id) AS guest_id, max(guest_email) AS guest_email, max(guest_upn) AS guest_upn,
           min(event_time) FILTER (WHERE stage = 'invited' AND result = 'success') AS invited_at,
           max(event_time) FILTER (WHERE stage = 'invited' AND result = 'success') AS last_invited_at,
           first_value(coalesce(actor_upn, actor_name) ORDER BY event_time, id)
               FILTER (WHERE stage = 'invited' AND result = 'success') AS invited_by,
           count(*) FILTER (WHERE stage = 'invited' AND result = 'success') AS invitations,
           count(*) FILTER (WHERE stage = 'invited') AS attempts,
           min(event_time) FILTER (WHERE stage = 'redeemed' AND result = 'success') AS redeemed_at,
           first_value(source ORDER BY event_time, id)
               FILTER (WHERE stage = 'redeemed' AND result = 'success' AND source IS NOT NULL) AS redeemed_with,
           last_value(other_target ORDER BY event_time, id)
               FILTER (WHERE activity = 'Add user sponsor' AND result = 'success') AS sponsor,
           max(event_time) FILTER (WHERE stage = 'reviewed') AS reviewed_at,
           max(event_time) FILTER (WHERE stage = 'deleted' AND result = 'success') AS deleted_at,
           min(event_time) AS first_event, max(event_time) AS last_event, count(*) AS events
    FROM guest_event
    GROUP BY coalesce(guest_id, guest_email)
)
SELECT guest_id, guest_email, guest_upn,
       CASE
           WHEN deleted_at IS NOT NULL AND (last_invited_at IS NULL OR last_invited_at < deleted_at) THEN 'deleted'
           WHEN redeemed_at IS NOT NULL THEN 'redeemed'
           WHEN invited_at IS NOT NULL THEN 'pending'
           WHEN attempts > 0 THEN 'failed'
           ELSE 'known'
       END AS state,
       invited_at, invited_by, invitations, redeemed_at, redeemed_with, sponsor, reviewed_at,
       CASE WHEN last_invited_at IS NULL OR last_invited_at < deleted_at THEN deleted_at END AS deleted_at,
       first_event, last_event, events
FROM per_guest
