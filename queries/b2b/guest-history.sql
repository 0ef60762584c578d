-- name: One guest's history
-- question: What was done to one guest, and what did the guest do, from invitation to deletion?
-- param: guest text required; Mail address, user principal name or object id of the guest.
-- caveat: `did` are the guest's own acts in the audit log; sign-ins are not in it.
WITH who AS (
    SELECT DISTINCT guest_id, guest_email, guest_upn
    FROM guest_event
    WHERE lower(guest_email) = lower($guest) OR lower(guest_id) = lower($guest) OR lower(guest_upn) = lower($guest)
),
change AS (
    SELECT id, target_id,
           string_agg(property || ': ' || coalesce(old_value, '(none)') || ' → ' || coalesce(new_value, '(none)'), '; '
                      ORDER BY property) AS changes
    FROM audit_change
    WHERE property <> 'Included Updated Properties' AND (service IS DISTINCT FROM 'B2C')
    GROUP BY id, target_id
),
step AS (
    SELECT e.event_time, e.stage, e.activity, e.result, coalesce(e.actor_upn, e.actor_name, e.actor_id) AS actor,
           e.actor_ip AS ip, coalesce(c.changes, e.source, e.other_target, e.result_reason) AS detail, e.id
    FROM guest_event e LEFT JOIN change c ON c.id = e.id AND c.target_id = e.guest_id
    WHERE e.guest_id IN (SELECT guest_id FROM who WHERE guest_id IS NOT NULL)
       OR e.guest_id IS NULL AND e.guest_email IN (SELECT guest_email FROM who)
    UNION ALL
    SELECT a.event_time, 'did', a.activity, a.result, coalesce(a.actor_upn, a.actor_name, a.actor_id), a.actor_ip,
           coalesce(a.target_name, a.target_upn, a.target_id), a.id
    FROM audit a
    WHERE a.actor_id IN (SELECT guest_id FROM who WHERE guest_id IS NOT NULL)
      AND a.id NOT IN (SELECT id FROM guest_event WHERE guest_id = actor_id)
)
SELECT event_time, stage, activity, result, actor, ip, detail, id
FROM step
ORDER BY event_time, id, stage
