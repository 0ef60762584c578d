-- name: First-time inviters
-- question: Who invited guests who had never invited anybody before?
-- kind: detection
-- technique: T1136.003
-- severity: medium
-- needs: audit
-- param: baseline duration = 30d; Time at the archive's beginning in which inviters are only learned.
-- caveat: Who invited for the first time within `baseline` after the archive's first event of the directory (or after
--     `--from`, which hides what is before) is no finding: the archive cannot know whether it was the first time.
-- caveat: Tries count, too, successful or not; one row per inviter, with the invitations of its first 24 hours. Medium
--     if the inviter is itself a guest or an application, or invited five guests or more in that time; else low.
WITH invitation AS (
    SELECT event_time, id, result, guest_email, split_part(guest_email, '@', 2) AS domain, actor_type, actor_upn,
           coalesce(actor_upn, actor_name, actor_id) AS inviter,
           coalesce(actor_id, actor_upn, actor_name) AS who, actor_ip,
           min(event_time) OVER (PARTITION BY coalesce(actor_id, actor_upn, actor_name)) AS first_time
    FROM guest_event
    WHERE stage = 'invited' AND coalesce(actor_id, actor_upn, actor_name) IS NOT NULL
),
begun AS (
    SELECT min(event_time) AS learned_from
    FROM audit
    WHERE service IN ('Core Directory', 'Invited Users', 'B2B Auth')
),
first_day AS (
    SELECT i.first_time, max(i.inviter) AS inviter, max(i.actor_type) AS inviter_kind, i.who,
           max(i.actor_upn) LIKE '%#EXT#%' OR max(g.guest_id) IS NOT NULL AS is_guest,
           first_value(i.actor_ip ORDER BY i.event_time, i.id) AS ip,
           count(DISTINCT i.guest_email) AS guests,
           count(*) FILTER (WHERE i.result IS DISTINCT FROM 'success') AS failed,
           array_agg(DISTINCT i.guest_email ORDER BY i.guest_email) FILTER (WHERE i.guest_email IS NOT NULL)
               AS guest_emails,
           array_agg(DISTINCT i.domain ORDER BY i.domain) FILTER (WHERE i.domain <> '') AS domains,
           max(i.event_time) AS last_time, array_agg(i.id ORDER BY i.event_time, i.id) AS event_ids
    FROM invitation i
    CROSS JOIN begun b
    LEFT JOIN guest_user g ON g.guest_id = i.who
    WHERE i.first_time >= b.learned_from + $baseline AND i.event_time <= i.first_time + INTERVAL '1' DAY
    GROUP BY i.who, i.first_time
)
SELECT first_time AS event_time, inviter, inviter_kind, ip, guests, failed, guest_emails, domains,
       CASE WHEN coalesce(is_guest, false) OR inviter_kind = 'application' OR guests >= 5 THEN 'medium' ELSE 'low' END
           AS severity,
       concat(inviter, CASE WHEN is_guest THEN ' (a guest)' ELSE '' END, ' invited for the first time: ',
              CAST(guests AS TEXT), CASE guests WHEN 1 THEN ' guest' ELSE ' guests' END, ' of ',
              coalesce(array_to_string(domains, ', '), 'an unknown domain')) AS finding,
       first_time, last_time, event_ids
FROM first_day
ORDER BY first_time, who
