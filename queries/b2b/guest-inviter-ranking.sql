-- name: Inviters
-- question: Who invites most, to which domains, and what share is redeemed?
-- kind: report
-- needs: audit
-- param: inviter text optional; Only this user principal name or application name.
-- caveat: `guests` were invited successfully at least once by this inviter; `redeemed` are those of them who redeemed
--     any invitation after it: see the view guest_redemption. Whom two people invited counts for both.
WITH invited AS (
    SELECT coalesce(i.actor_id, i.actor_upn, i.actor_name, '(unknown)') AS who,
           coalesce(i.guest_id, i.guest_email, i.id) AS guest, max(i.actor_upn) AS actor_upn,
           max(i.actor_name) AS actor_name, max(i.actor_type) AS inviter_kind,
           max(split_part(i.guest_email, '@', 2)) AS domain,
           count(*) FILTER (WHERE i.result = 'success') AS invitations,
           count(*) FILTER (WHERE i.result IS DISTINCT FROM 'success') AS failed,
           min(i.event_time) FILTER (WHERE i.result = 'success') AS invited_at,
           min(i.event_time) AS first_time, max(i.event_time) AS last_time
    FROM guest_event i
    WHERE i.stage = 'invited' AND ($inviter IS NULL OR lower($inviter) IN (lower(i.actor_upn), lower(i.actor_name)))
    GROUP BY 1, 2
),
redemption AS (
    SELECT coalesce(guest_id, guest_email) AS guest, max(event_time) AS last_redeemed_at
    FROM guest_redemption
    GROUP BY coalesce(guest_id, guest_email)
)
SELECT coalesce(max(i.actor_upn), max(i.actor_name), i.who) AS inviter, max(i.inviter_kind) AS inviter_kind,
       sum(i.invitations) AS invitations, sum(i.failed) AS failed,
       count(*) FILTER (WHERE i.invited_at IS NOT NULL) AS guests,
       array_agg(DISTINCT i.domain ORDER BY i.domain) FILTER (WHERE i.domain <> '') AS domains,
       count(*) FILTER (WHERE r.last_redeemed_at >= i.invited_at) AS redeemed,
       round(CAST(count(*) FILTER (WHERE r.last_redeemed_at >= i.invited_at) AS DOUBLE)
             / nullif(count(*) FILTER (WHERE i.invited_at IS NOT NULL), 0), 2) AS share_redeemed,
       min(i.first_time) AS first_invitation, max(i.last_time) AS last_invitation
FROM invited i LEFT JOIN redemption r ON r.guest = i.guest
GROUP BY i.who
ORDER BY invitations DESC, failed DESC, inviter, i.who
