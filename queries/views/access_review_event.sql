-- name: access_review_event
-- about: One row per event of an access review and person (or application) that it is about: reviews created, decided,
--     ended, applied. Events about a review as a whole have no principal. Admin consent requests and other approvals,
--     which the same service logs, are not in it.
-- column action: `created`, `updated`, `ended`, `deleted`, `decided`, `reset` (a decision taken back), `decided in
--     bulk`, `applied` (the decision of one principal), `apply started` (of the whole review), `other`.
-- column review_id: Object id of the review.
-- column review: Name of the review.
-- column principal_id: Object id of who was reviewed.
-- column principal_upn: User principal name of who was reviewed.
-- column principal_name: Display name of who was reviewed.
-- column principal_kind: `guest` (its name has `#EXT#`), `user`, `service_principal`; NULL: the event is about the
--     review.
-- column resource_id: Object id of the group or application that access was to.
-- column resource: Name of the group or application that access was to.
-- column resource_kind: Type of it, e.g. `Group`.
-- column decision: `Approve`, `Deny`, `DontKnow` or `NotReviewed`: from the activity, else from what was changed.
-- column justification: Reason that the reviewer gave.
-- column decided_by: Of a decision, who made it: user principal name, else name, else id.
-- column is_applied: Of an applied decision, whether that worked.
-- column actor_kind: `user` or `application`: who did it.
WITH event AS (
    SELECT event_time, id, tenant_id, correlation_id, service, category, activity, result, result_reason, targets,
           lower(activity) AS step, actor_type, actor_id, actor_upn, actor_name, actor_ip,
           detail(details, 'AccessReviewName') AS review_detail
    FROM audit
    -- The first line is the cheap test that leaves most of an archive out of the others.
    WHERE (service = 'Access Reviews' OR lower(activity) LIKE '%review%')
      AND (service = 'Access Reviews' OR activity ILIKE '%access review%' OR activity IN (
              'AccessReview_Review', 'AccessReview_Update', 'Review app assignment', 'Review group membership',
              'Review Rbac Role membership', 'Request apply review result', 'Request Stop Review'))
      AND NOT activity ILIKE '%request%business flow%' AND NOT activity ILIKE '%business flow'
      AND NOT activity ILIKE '%governance policy template' AND NOT activity ILIKE '%program%'
      AND activity NOT IN ('Create request', 'Update request', 'Cancel request', 'Request approved', 'Request denied',
                           'Request expired', 'Delete approvals', 'Update partner directory settings')
),
target AS (
    -- Flat columns from here on: fields of structs that cross several joins make the planner stumble.
    SELECT id, tenant_id, place, nullif(one['id'], '') AS target_id, nullif(one['name'], '') AS name,
           nullif(one['upn'], '') AS upn, one['type'] AS kind, one['modified_properties'] AS modified_properties
    FROM (
        SELECT id, tenant_id, unnest(targets) AS one,
               unnest(range(1, CAST(cardinality(targets) AS BIGINT) + 1)) AS place
        FROM event
        WHERE cardinality(targets) > 0
    )
),
subject AS (
    SELECT id, tenant_id,
           first_value(target_id ORDER BY place) FILTER (WHERE kind = 'Policy') AS review_id,
           first_value(name ORDER BY place) FILTER (WHERE kind = 'Policy') AS review,
           first_value(target_id ORDER BY place)
               FILTER (WHERE kind NOT IN ('Policy', 'User', 'ServicePrincipal', 'Directory', 'Other')) AS resource_id,
           first_value(name ORDER BY place)
               FILTER (WHERE kind NOT IN ('Policy', 'User', 'ServicePrincipal', 'Directory', 'Other')) AS resource,
           first_value(kind ORDER BY place)
               FILTER (WHERE kind NOT IN ('Policy', 'User', 'ServicePrincipal', 'Directory', 'Other')) AS resource_kind,
           bool_or(kind IN ('User', 'ServicePrincipal')) AS has_principal
    FROM target
    GROUP BY id, tenant_id
),
principal AS (
    SELECT id, tenant_id, place, target_id AS principal_id, name AS principal_name, upn AS principal_upn,
           CASE WHEN upn LIKE '%#EXT#%' THEN 'guest' WHEN kind = 'User' THEN 'user' ELSE 'service_principal' END
               AS principal_kind
    FROM target
    WHERE kind IN ('User', 'ServicePrincipal')
),
change AS (
    SELECT id, tenant_id, place, lower(one['name']) AS property, property_value(one['new_value']) AS value
    FROM (
        SELECT id, tenant_id, place, unnest(modified_properties) AS one
        FROM target
        WHERE kind IN ('User', 'ServicePrincipal') AND cardinality(modified_properties) > 0
    )
),
said AS (
    SELECT id, tenant_id, place,
           max(value) FILTER (WHERE property = 'decision') AS decision,
           max(value) FILTER (WHERE property = 'justification') AS justification,
           max(value) FILTER (WHERE property = 'applyresult') AS apply_result
    FROM change
    GROUP BY id, tenant_id, place
),
fact AS (
    SELECT e.event_time, e.id, e.tenant_id, e.correlation_id, e.service, e.category, e.activity, e.result,
           e.result_reason, e.actor_type, e.actor_id, e.actor_upn, e.actor_name, e.actor_ip, s.review_id,
           coalesce(s.review, e.review_detail) AS review, s.resource_id, s.resource, s.resource_kind, p.principal_id,
           p.principal_name, p.principal_upn, p.principal_kind, nullif(c.justification, '') AS justification,
           c.apply_result,
           CASE WHEN e.step LIKE '%approve decision%' THEN 'Approve'
                WHEN e.step LIKE '%deny decision%' OR e.step = 'deny all decisions' THEN 'Deny'
                WHEN e.step LIKE '%don''t know%' THEN 'DontKnow'
                WHEN e.step LIKE '%reset decision%' THEN 'NotReviewed'
                WHEN lower(c.decision) LIKE 'don%t%know' THEN 'DontKnow'
                ELSE c.decision END AS decision,
           CASE WHEN e.step LIKE 'bulk%' OR e.step = 'deny all decisions' THEN 'decided in bulk'
                WHEN e.step = 'reset decision' THEN 'reset'
                WHEN e.step LIKE '%decision' AND e.step NOT LIKE 'apply%' THEN 'decided'
                WHEN e.step LIKE 'review %' OR e.step IN ('accessreview_review', 'auto review') THEN 'decided'
                WHEN e.step = 'apply decision' THEN 'applied'
                WHEN e.step LIKE '%apply%review%' THEN
                    CASE WHEN s.has_principal THEN 'applied' ELSE 'apply started' END
                WHEN e.step LIKE '%ended' OR e.step = 'request stop review' THEN 'ended'
                WHEN e.step LIKE 'create%' THEN 'created'
                WHEN e.step LIKE 'delete%' THEN 'deleted'
                WHEN e.step LIKE '%update%' OR e.step LIKE '%reviewer%' THEN 'updated'
                ELSE 'other' END AS action
    FROM event e
    LEFT JOIN subject s ON s.id = e.id AND s.tenant_id IS NOT DISTINCT FROM e.tenant_id
    LEFT JOIN principal p ON p.id = e.id AND p.tenant_id IS NOT DISTINCT FROM e.tenant_id
    LEFT JOIN said c ON c.id = p.id AND c.place = p.place AND c.tenant_id IS NOT DISTINCT FROM p.tenant_id
)
SELECT event_time, id, tenant_id, correlation_id, service, category, activity, result, result_reason, action,
       review_id, review, principal_id, principal_upn, principal_name, principal_kind, resource_id, resource,
       resource_kind, decision, justification,
       CASE WHEN action IN ('decided', 'reset', 'decided in bulk') THEN
           coalesce(actor_upn, actor_name, actor_id) END AS decided_by,
       CASE WHEN action = 'applied' THEN
           result = 'success' AND coalesce(apply_result LIKE 'AppliedSuccessfully%', true) END AS is_applied,
       actor_type AS actor_kind, actor_id, actor_upn, actor_name, actor_ip
FROM fact
