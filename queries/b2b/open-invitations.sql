-- name: Open invitations
-- question: Which guests were invited and have not redeemed, and whom can be asked about them?
-- param: older_than duration = 0d; Only invitations that old at the archive's end, e.g. 30d.
-- caveat: A redemption after the archive's end is not known here; ages count to the archive's last event.
SELECT guest_email, guest_upn, guest_id, invited_at,
       round(CAST(extract(epoch FROM archive_end()) - extract(epoch FROM invited_at) AS DOUBLE) / 86400, 1) AS age_days,
       invited_by, sponsor, invitations
FROM guest
WHERE state = 'pending' AND invited_at <= archive_end() - $older_than
ORDER BY invited_at, guest_email
