-- name: Guests without sponsor
-- question: For which guests that are there does nobody answer?
-- kind: report
-- needs: audit
-- caveat: A sponsor is known if the archive shows that one was assigned, or an export of `/users` lists one. A sponsor
--     who was assigned before the archive begins is not known without such an export.
-- caveat: Deleted guests and those whose invitation failed are left out. `state` is the one of the view `guest`.
WITH sponsored AS (
    SELECT lower(user_id) AS user_id FROM user_sponsor WHERE user_id IS NOT NULL GROUP BY 1
)
SELECT g.guest_email, g.guest_upn, g.guest_id, g.state, g.invited_at, g.invited_by, g.redeemed_at, g.last_event
FROM guest g
WHERE g.sponsor IS NULL AND g.state NOT IN ('deleted', 'failed')
  AND (g.guest_id IS NULL OR lower(g.guest_id) NOT IN (SELECT user_id FROM sponsored))
ORDER BY g.invited_at, g.guest_email, g.guest_id
