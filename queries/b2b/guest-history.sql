-- name: One guest's history
-- question: What was done to one guest, and what did the guest do, from invitation to deletion?
-- kind: report
-- needs: audit
-- param: guest text required; Mail address, user principal name or object id of the guest.
-- caveat: `did` are the guest's own acts in the audit log, `signed in` its attempts to sign in, failed ones included;
--     every other stage is one of the view guest_event: done to the guest.
-- caveat: Who was invited again after a deletion has a new object id: ask with the mail address to see both lives.
-- caveat: Groups' rights, access packages' contents and files shared with the guest are not in these logs.
WITH who AS (
    SELECT guest_id, guest_email, guest_upn
    FROM guest_user
    WHERE lower(guest_email) = lower($guest) OR lower(guest_id) = lower($guest) OR lower(guest_upn) = lower($guest)
),
changed AS (
    SELECT a.id, a.target_id, a.targets[1] AS one
    FROM who w JOIN audit a ON a.target_id = w.guest_id
    WHERE a.service IS DISTINCT FROM 'B2C'
),
change AS (
    SELECT id, target_id,
           string_agg(concat(property, ': ', coalesce(nullif(old_value, ''), '(none)'), ' → ',
                             coalesce(nullif(new_value, ''), '(none)')), '; ' ORDER BY property, old_value, new_value)
               AS changes
    FROM (
        SELECT id, target_id, change['name'] AS property, property_value(change['old_value']) AS old_value,
               property_value(change['new_value']) AS new_value
        FROM (
            SELECT id, target_id, unnest(one['modified_properties']) AS change
            FROM changed
            WHERE cardinality(one['modified_properties']) > 0
        )
    )
    WHERE property <> 'Included Updated Properties' AND coalesce(old_value, '') <> coalesce(new_value, '')
      AND property NOT LIKE '%.ObjectID' AND property NOT LIKE '%.TemplateId'
      AND property NOT LIKE '%.WellKnownObjectName' AND property NOT LIKE 'TargetId.%'
    GROUP BY id, target_id
),
done_to AS (
    SELECT e.event_time, e.stage, e.activity, e.result, coalesce(e.actor_upn, e.actor_name, e.actor_id) AS actor,
           e.actor_ip, e.source, e.other_target, e.result_reason, e.id, e.guest_id
    FROM who w JOIN guest_event e ON e.guest_id = w.guest_id
    UNION ALL
    SELECT e.event_time, e.stage, e.activity, e.result, coalesce(e.actor_upn, e.actor_name, e.actor_id),
           e.actor_ip, e.source, e.other_target, e.result_reason, e.id, e.guest_id
    FROM guest_event e
    WHERE e.stage = 'invited' AND e.guest_id IS NULL
      AND (e.guest_email = lower($guest) OR e.guest_email IN (SELECT guest_email FROM who))
),
step AS (
    SELECT e.event_time, e.stage, e.activity, e.result, e.actor, e.actor_ip AS ip,
           nullif(concat_ws('; ', e.source, e.other_target, c.changes, e.result_reason), '') AS detail, e.id
    FROM done_to e LEFT JOIN change c ON c.id = e.id AND c.target_id = e.guest_id
    UNION ALL
    SELECT a.event_time, 'did', a.activity, a.result, coalesce(a.actor_upn, a.actor_name, a.actor_id), a.actor_ip,
           coalesce(nullif(a.target_name, ''), a.target_upn, a.target_id), a.id
    FROM who w JOIN audit a ON a.actor_id = w.guest_id
    UNION ALL
    SELECT s.event_time, 'signed in', coalesce(s.app_name, s.app_id), s.result, coalesce(s.user_upn, s.user_id),
           s.ip_address,
           concat_ws('; ', s.signin_type, s.resource_name, s.country, CASE WHEN s.error_code <> 0 THEN
               CAST(s.error_code AS TEXT) || coalesce(': ' || s.failure_reason, '') END),
           s.id
    FROM who w JOIN signin s ON s.user_id = w.guest_id
),
once AS (
    -- What the guest did to itself is told once, by what was done.
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY CASE stage WHEN 'did' THEN 1 ELSE 0 END, stage) AS place
    FROM step
)
SELECT event_time, stage, activity, result, actor, ip, detail, id
FROM once
WHERE place = 1
ORDER BY event_time, id, stage
