-- name: Guest invitations
-- question: Who invited whom, when, by which path, and how did it end?
-- kind: report
-- needs: audit
-- param: inviter text optional; Only invitations by this user principal name or application name.
-- param: domain text optional; Only guests of this mail domain.
-- caveat: The redemption shown is the guest's first one after the invitation, so a repeated invitation shows the same.
-- caveat: `outcome` is as far as the archive goes: `failed` (the invitation did), `redeemed`, `deleted` (before it was
--     redeemed), `open`. What counts as a redemption says the view guest_redemption.
-- caveat: Guests whom cross-tenant synchronization or an import made were never invited and are not here.
WITH redemption AS (
    SELECT coalesce(guest_id, guest_email) AS guest, event_time AS redeemed_at, source
    FROM guest_redemption
),
deletion AS (
    SELECT coalesce(guest_id, guest_email) AS guest, max(event_time) AS deleted_at
    FROM guest_event
    WHERE stage = 'deleted' AND result = 'success'
    GROUP BY coalesce(guest_id, guest_email)
),
invitation AS (
    SELECT i.event_time, i.id, min(i.activity) AS activity, min(i.result) AS result,
           min(i.result_reason) AS result_reason, min(coalesce(i.actor_upn, i.actor_name, i.actor_id)) AS inviter,
           min(i.actor_type) AS inviter_kind, min(i.actor_ip) AS inviter_ip, i.guest_email, i.guest_id,
           min(r.redeemed_at) AS redeemed_at, first_value(r.source ORDER BY r.redeemed_at, r.source) AS redeemed_with
    FROM guest_event i
    LEFT JOIN redemption r ON r.guest = coalesce(i.guest_id, i.guest_email) AND r.redeemed_at >= i.event_time
    WHERE i.stage = 'invited'
      AND ($inviter IS NULL OR lower($inviter) IN (lower(i.actor_upn), lower(i.actor_name)))
      AND ($domain IS NULL OR split_part(i.guest_email, '@', 2) = lower($domain))
    GROUP BY i.event_time, i.id, i.guest_email, i.guest_id
)
SELECT i.event_time AS invited_at, i.inviter, i.inviter_kind, i.inviter_ip, i.activity AS path, i.guest_email,
       split_part(i.guest_email, '@', 2) AS domain, i.guest_id, i.result, i.result_reason,
       CASE WHEN i.result IS DISTINCT FROM 'success' THEN 'failed'
            WHEN i.redeemed_at IS NOT NULL THEN 'redeemed'
            WHEN d.deleted_at > i.event_time THEN 'deleted'
            ELSE 'open' END AS outcome,
       i.redeemed_at, i.redeemed_with,
       round(CAST(extract(epoch FROM i.redeemed_at) - extract(epoch FROM i.event_time) AS DOUBLE) / 86400, 2)
           AS days_to_redeem,
       i.id
FROM invitation i LEFT JOIN deletion d ON d.guest = coalesce(i.guest_id, i.guest_email)
ORDER BY i.event_time, i.id, i.guest_id
