-- name: Guests who came back
-- question: Which deleted guests were restored or invited again, and who signed in after the deletion?
-- kind: detection
-- technique: T1078.004
-- severity: medium
-- needs: audit, signin
-- caveat: Medium if a deleted guest signed in successfully more than an hour after the deletion without a return in
--     the archive, or if somebody else than the deleter brought the guest back and it signed in since; else low.
-- caveat: `back_at` is the first restoration, invitation or creation of the same guest (same object id or mail
--     address) after the deletion; `signins_after` counts successful sign-ins until the guest's next deletion.
-- caveat: The two events of one deletion (`Delete external user`, `Delete user`) are one; the final purge of a deleted
--     user is none.
WITH event AS (
    SELECT event_time, id, activity, stage, guest_id, coalesce(guest_email, guest_id) AS guest,
           coalesce(actor_upn, actor_name, actor_id) AS actor
    FROM guest_event
    WHERE stage IN ('deleted', 'restored', 'invited', 'created') AND result = 'success'
      AND activity NOT ILIKE 'hard delete%'
),
deletion AS (
    SELECT * FROM (
        SELECT *, lag(event_time) OVER (PARTITION BY guest ORDER BY event_time, id) AS before,
               last_value(event_time) OVER (
                   PARTITION BY guest ORDER BY event_time
                   RANGE BETWEEN CURRENT ROW AND INTERVAL '1' HOUR FOLLOWING) AS deleted_by_then
        FROM event
        WHERE stage = 'deleted'
    )
    WHERE before IS NULL OR event_time > before + INTERVAL '1' HOUR
),
period AS (
    SELECT *, lead(event_time) OVER (PARTITION BY guest ORDER BY event_time, id) AS next_deleted_at FROM deletion
),
returned AS (
    SELECT d.guest, d.event_time AS deleted_at, d.id AS deleted_id, d.guest_id AS old_id, min(d.actor) AS deleted_by,
           min(d.deleted_by_then) AS deleted_by_then, min(d.next_deleted_at) AS next_deleted_at,
           min(b.event_time) AS back_at,
           first_value(b.activity ORDER BY b.event_time, b.id) FILTER (WHERE b.id IS NOT NULL) AS how,
           first_value(b.actor ORDER BY CASE b.stage WHEN 'created' THEN 1 ELSE 0 END, b.event_time, b.id)
               FILTER (WHERE b.id IS NOT NULL) AS back_by,
           first_value(b.guest_id ORDER BY b.event_time, b.id) FILTER (WHERE b.guest_id IS NOT NULL) AS new_id,
           first_value(b.id ORDER BY b.event_time, b.id) FILTER (WHERE b.id IS NOT NULL) AS back_id
    FROM period d
    LEFT JOIN event b
        ON b.guest = d.guest AND b.stage <> 'deleted' AND b.event_time > d.event_time
           AND (d.next_deleted_at IS NULL OR b.event_time < d.next_deleted_at)
    GROUP BY d.guest, d.event_time, d.id, d.guest_id
),
life AS (
    SELECT *, unnest(CASE WHEN new_id IS NULL OR new_id = old_id THEN make_array(old_id)
                          ELSE make_array(old_id, new_id) END) AS user_id
    FROM returned
),
signed AS (
    SELECT l.guest, l.deleted_at, l.deleted_id, l.deleted_by, l.back_at, l.how, l.back_by, l.back_id,
           count(s.id) AS signins_after, max(s.event_time) AS last_signin,
           count(s.id) FILTER (WHERE s.event_time > l.deleted_by_then + INTERVAL '1' HOUR
                                 AND (l.back_at IS NULL OR s.event_time < l.back_at)) AS while_deleted,
           first_value(s.id ORDER BY s.event_time, s.id) FILTER (WHERE s.id IS NOT NULL) AS signin_id
    FROM life l
    LEFT JOIN signin s
        ON s.user_id = l.user_id AND s.result = 'success' AND s.event_time > l.deleted_by_then
           AND (l.next_deleted_at IS NULL OR s.event_time < l.next_deleted_at)
    GROUP BY l.guest, l.deleted_at, l.deleted_id, l.deleted_by, l.back_at, l.how, l.back_by, l.back_id
)
SELECT guest, deleted_at, deleted_by, back_at, how, back_by, signins_after,
       CASE WHEN while_deleted > 0 THEN 'medium'
            WHEN back_at IS NOT NULL AND signins_after > 0 AND (back_by IS DISTINCT FROM deleted_by) THEN 'medium'
            ELSE 'low' END AS severity,
       concat('The guest ', guest, ' was deleted by ', coalesce(deleted_by, 'somebody unknown'),
              CASE WHEN back_at IS NULL THEN ', did not come back'
                   ELSE concat(' and came back by ', how, ' of ', coalesce(back_by, 'somebody unknown')) END,
              CASE WHEN while_deleted > 0 THEN ' and signed in while deleted'
                   WHEN signins_after > 0 THEN ' and signed in since' ELSE '' END) AS finding,
       deleted_at AS first_time, greatest(back_at, last_signin) AS last_time,
       array_concat(make_array(deleted_id), CASE WHEN back_id IS NOT NULL THEN make_array(back_id) END,
                    CASE WHEN signin_id IS NOT NULL THEN make_array(signin_id) END) AS event_ids
FROM signed
WHERE back_at IS NOT NULL OR signins_after > 0
ORDER BY deleted_at, guest, deleted_id
