-- name: Open invitations
-- question: Which guests were invited and have not redeemed, and whom can be asked about them?
-- kind: report
-- needs: audit
-- param: older_than duration = 0d; Only invitations that old at the archive's end, e.g. 30d.
-- caveat: A redemption after the archive's end is not known here; ages count to the archive's last event.
-- caveat: With an export of `/users` in the archive, guests whom it calls accepted are left out, and guests whom it
--     calls pending are here though they were invited before the archive begins: `source` is then `users export`, and
--     `invited_at` the time when the user was made.
WITH sponsor AS (
    SELECT user_id, string_agg(coalesce(sponsor_upn, sponsor_name, sponsor_id), ', '
                               ORDER BY coalesce(sponsor_upn, sponsor_name, sponsor_id)) AS sponsors
    FROM user_sponsor
    GROUP BY user_id
),
exported AS (
    SELECT id, upn, mail, external_user_state, external_user_state_changed_at, created_at
    FROM directory_user_latest
    WHERE external_user_state IS NOT NULL
),
both AS (
    SELECT g.guest_id, g.guest_email, g.guest_upn, g.state, g.invited_at, g.last_invited_at, g.invited_by, g.sponsor,
           g.invitations, x.id AS exported_id, x.upn, x.mail, x.external_user_state, x.external_user_state_changed_at,
           x.created_at
    FROM guest g FULL OUTER JOIN exported x ON x.id = g.guest_id
),
open_invitation AS (
    SELECT CASE WHEN state = 'pending' THEN guest_email
                ELSE lower(coalesce(mail, regexp_replace(split_part(upn, '#EXT#', 1), '_([^_]*)$', '@\1'))) END
               AS guest_email,
           coalesce(guest_upn, upn) AS guest_upn, coalesce(guest_id, exported_id) AS guest_id,
           CASE WHEN state = 'pending' THEN invited_at
                ELSE coalesce(created_at, external_user_state_changed_at) END AS invited_at,
           invited_by, sponsor,
           CASE WHEN state = 'pending' THEN invitations - 1 END AS resent,
           CASE WHEN state = 'pending' THEN 'audit log' ELSE 'users export' END AS source
    FROM both
    WHERE state = 'pending'
          AND NOT (coalesce(external_user_state = 'Accepted', false)
                   AND coalesce(external_user_state_changed_at >= last_invited_at, true))
       OR external_user_state = 'PendingAcceptance' AND (guest_id IS NULL OR state = 'known')
)
SELECT o.guest_email, o.guest_upn, o.guest_id, o.invited_at,
       round(CAST(extract(epoch FROM archive_end()) - extract(epoch FROM o.invited_at) AS DOUBLE) / 86400, 1)
           AS age_days,
       o.invited_by AS inviter, coalesce(o.sponsor, s.sponsors) AS sponsor, o.resent, o.source
FROM open_invitation o LEFT JOIN sponsor s ON s.user_id = o.guest_id
WHERE o.invited_at <= archive_end() - $older_than
ORDER BY o.invited_at, o.guest_email, o.guest_id
