-- name: Guest invitations
-- question: Who invited whom, when, and was the invitation redeemed?
-- param: inviter text optional; Only invitations by this user principal name.
-- param: domain text optional; Only guests of this mail domain.
-- caveat: A redemption counts for every invitation of the guest before it.
WITH redemption AS (
    SELECT coalesce(guest_id, guest_email) AS guest, event_time AS redeemed_at, source
    FROM guest_event
    WHERE stage = 'redeemed' AND result = 'success'
)
SELECT i.event_time AS invited_at, i.activity, i.result, i.result_reason,
       coalesce(i.actor_upn, i.actor_name, i.actor_id) AS inviter, i.actor_type AS inviter_type, i.actor_ip AS inviter_ip,
       i.guest_email, split_part(i.guest_email, '@', 2) AS domain, i.guest_id,
       min(r.redeemed_at) AS redeemed_at, min(r.source) AS redeemed_with,
       round(CAST(extract(epoch FROM min(r.redeemed_at)) - extract(epoch FROM i.event_time) AS DOUBLE) / 86400, 2)
           AS days_to_redeem,
       i.id
FROM guest_event i
LEFT JOIN redemption r ON r.guest = coalesce(i.guest_id, i.guest_email) AND r.redeemed_at >= i.event_time
WHERE i.stage = 'invited'
  AND ($inviter IS NULL OR lower(i.actor_upn) = lower($inviter))
  AND ($domain IS NULL OR split_part(i.guest_email, '@', 2) = lower($domain))
GROUP BY i.event_time, i.activity, i.result, i.result_reason, i.actor_upn, i.actor_name, i.actor_id, i.actor_type,
         i.actor_ip, i.guest_email, i.guest_id, i.id
ORDER BY i.event_time, i.id
