-- name: Access reviews of guests
-- question: What did access reviews decide about guests, was it applied, and were denied guests really removed?
-- kind: report
-- needs: audit
-- param: review text optional; Only this review: its name or an id of it.
-- caveat: Decisions from the audit log and from exports of decisions, put together by guest and review if made within
--     a day of each other; `source` says which of them told. Of several decisions in one review's events the last
--     counts, so a recurring review with one id shows its last round.
-- caveat: `removed_at` is the first removal from the reviewed group (or of an application's assignment or a role), the
--     disabling or the deletion of the guest within 30 days after the decision; by whom and why is not judged.
-- caveat: `outcome`: `removed`; `denied, not removed` (applied or not: see `applied_at`); `kept`; `undecided`; and
--     `removed` too for who was kept and left anyway.
WITH event AS (
    SELECT *, coalesce(review_id, review) AS review_key,
           action IN ('decided', 'reset') AND result = 'success' AS is_decision, action = 'applied' AS is_application
    FROM access_review_event
    WHERE principal_id IS NOT NULL AND action IN ('decided', 'reset', 'applied')
),
logged AS (
    SELECT review_key, principal_id, max(review_id) AS review_id, max(review) AS review,
           max(principal_upn) AS principal_upn, max(principal_name) AS principal_name,
           max(resource_id) AS resource_id, max(resource) AS resource,
           coalesce(last_value(decision ORDER BY event_time, id) FILTER (WHERE is_decision),
                    last_value(decision ORDER BY event_time, id) FILTER (WHERE is_application)) AS decision,
           last_value(decided_by ORDER BY event_time, id) FILTER (WHERE is_decision) AS decided_by,
           max(event_time) FILTER (WHERE is_decision) AS decided_at,
           last_value(justification ORDER BY event_time, id) FILTER (WHERE is_decision) AS justification,
           max(event_time) FILTER (WHERE is_application AND is_applied) AS applied_at,
           coalesce(max(event_time) FILTER (WHERE is_decision), max(event_time)) AS known_at
    FROM event
    WHERE is_decision OR is_application
    GROUP BY review_key, principal_id
),
exported AS (
    SELECT id, review_id, definition_id, principal_id, principal_upn, principal_name, resource_id, resource_name,
           decision, coalesce(reviewed_by_upn, reviewed_by_name, reviewed_by_id) AS decided_by, reviewed_at,
           justification, applied_at, coalesce(reviewed_at, applied_at) AS known_at
    FROM access_review_decision_latest
    WHERE principal_id IS NOT NULL
),
named AS (
    SELECT review_id, max(review) AS review
    FROM (
        SELECT target_id AS review_id, nullif(target_name, '') AS review
        FROM audit
        WHERE service = 'Access Reviews' AND target_type = 'Policy'
        UNION ALL
        SELECT id, name FROM access_review_definition
    )
    WHERE review_id IS NOT NULL
    GROUP BY review_id
),
decision AS (
    SELECT coalesce(l.review, n.review, x.definition_id, x.review_id) AS review,
           coalesce(l.review_id, x.definition_id, x.review_id) AS review_id, x.review_id AS instance_id,
           coalesce(l.principal_id, x.principal_id) AS principal_id,
           coalesce(l.principal_upn, x.principal_upn) AS principal_upn,
           coalesce(l.principal_name, x.principal_name) AS principal_name,
           coalesce(l.resource_id, x.resource_id) AS resource_id, coalesce(l.resource, x.resource_name) AS resource,
           coalesce(x.decision, l.decision) AS decision, coalesce(l.decided_by, x.decided_by) AS decided_by,
           coalesce(l.decided_at, x.reviewed_at) AS decided_at, coalesce(x.applied_at, l.applied_at) AS applied_at,
           coalesce(l.justification, x.justification) AS justification,
           CASE WHEN l.principal_id IS NULL THEN 'export' WHEN x.principal_id IS NULL THEN 'audit log' ELSE 'both' END
               AS source
    FROM logged l
    FULL OUTER JOIN exported x
        ON x.principal_id = l.principal_id AND l.review_key IN (x.definition_id, x.review_id)
           AND (x.known_at IS NULL OR l.known_at IS NULL
                OR x.known_at >= l.known_at - INTERVAL '1' DAY AND x.known_at <= l.known_at + INTERVAL '1' DAY)
    LEFT JOIN named n ON n.review_id = coalesce(x.definition_id, x.review_id)
),
removal AS (
    SELECT event_time, target_of_type(targets, 'User') AS user_id, target_of_type(targets, 'Group') AS group_id,
           activity, id
    FROM audit
    WHERE activity IN ('Remove member from group', 'Remove app role assignment from user', 'Remove member from role',
                       'Disable account', 'Delete user', 'Delete external user')
      AND result = 'success' AND (service IS DISTINCT FROM 'B2C')
),
outcome AS (
    SELECT d.review, d.review_id, d.principal_id, d.resource_id, d.source, d.instance_id,
           min(d.principal_upn) AS principal_upn, min(d.principal_name) AS principal_name, min(d.resource) AS resource,
           min(d.decision) AS decision, min(d.decided_by) AS decided_by, min(d.decided_at) AS decided_at,
           min(d.applied_at) AS applied_at, min(d.justification) AS justification,
           min(r.event_time) AS removed_at, first_value(r.activity ORDER BY r.event_time, r.id) AS removed_by
    FROM decision d
    LEFT JOIN removal r
        ON r.user_id = d.principal_id
           AND r.event_time >= coalesce(d.decided_at, d.applied_at)
           AND r.event_time <= coalesce(d.decided_at, d.applied_at) + INTERVAL '30' DAY
           AND (r.activity <> 'Remove member from group' OR d.resource_id IS NULL OR r.group_id = d.resource_id)
    GROUP BY d.review, d.review_id, d.principal_id, d.resource_id, d.source, d.instance_id
)
SELECT o.review, o.review_id, coalesce(g.guest_email, o.principal_upn, o.principal_name, o.principal_id) AS guest,
       o.principal_id AS guest_id, o.resource, o.decision, o.decided_by, o.decided_at, o.justification, o.applied_at,
       o.removed_at, o.removed_by,
       CASE WHEN o.removed_at IS NOT NULL THEN 'removed'
            WHEN o.decision = 'Deny' THEN 'denied, not removed'
            WHEN o.decision = 'Approve' THEN 'kept'
            ELSE 'undecided' END AS outcome,
       o.source
FROM outcome o LEFT JOIN guest_user g ON g.guest_id = o.principal_id
WHERE (g.guest_id IS NOT NULL OR o.principal_upn LIKE '%#EXT#%')
  AND ($review IS NULL OR lower($review) IN (lower(o.review), lower(o.review_id), lower(o.instance_id)))
ORDER BY o.review, o.decided_at, guest, o.principal_id, o.instance_id, o.resource_id
