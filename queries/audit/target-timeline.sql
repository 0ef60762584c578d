-- name: One object's timeline
-- question: What was done to this user, group, application, policy or device, and by whom?
-- kind: report
-- needs: audit
-- param: target text required; Object id, user principal name or exact name of the object; case does not matter.
-- caveat: One row per changed property; an event that names none has one row. Values are as the log has them, which
--     cuts long ones; a property that is not listed may have changed all the same.
-- caveat: A name that several objects have finds all of them: `target_id` tells them apart. Events that name the
--     object by its id alone are found by the id alone. An object id also finds events that name the object in second
--     place.
-- caveat: Only the audit log; the same changes in `unified_audit` are not repeated here.
WITH named AS (
    SELECT event_time, id, tenant_id, activity, result, result_reason,
           coalesce(actor_upn, actor_name, actor_service_principal_name, actor_id, actor_type) AS actor, actor_ip,
           correlation_id, unnest(targets) AS t
    FROM audit
    -- Most events have one target: only the others need to be taken apart to be told.
    WHERE lower(target_id) = lower($target) OR lower(target_upn) = lower($target)
       OR lower(target_name) = lower($target) OR coalesce(target_count, 2) > 1
),
told AS (
    SELECT *, t['modified_properties'] AS properties,
           coalesce(lower(t['id']) = lower($target), FALSE) OR coalesce(lower(t['upn']) = lower($target), FALSE)
               OR coalesce(lower(t['name']) = lower($target), FALSE) AS is_it
    FROM named
),
other AS (
    SELECT id, tenant_id, string_agg(coalesce(t['upn'], t['name'], t['id']), ', '
                                     ORDER BY coalesce(t['upn'], t['name'], t['id'])) AS others
    FROM told
    WHERE NOT is_it AND id IN (SELECT id FROM told WHERE is_it)
    GROUP BY id, tenant_id
),
changed AS (
    SELECT *, unnest(CASE WHEN cardinality(properties) > 0 THEN properties ELSE make_array(NULL) END) AS c
    FROM told
    WHERE is_it
)
SELECT e.event_time, e.activity, e.actor, e.c['name'] AS property, property_value(e.c['old_value']) AS old_value,
       property_value(e.c['new_value']) AS new_value, o.others AS other_targets, e.result, e.result_reason AS reason,
       e.actor_ip AS ip, coalesce(e.t['upn'], e.t['name']) AS target, e.t['id'] AS target_id, e.correlation_id, e.id
FROM changed e LEFT JOIN other o ON o.id = e.id AND o.tenant_id IS NOT DISTINCT FROM e.tenant_id
-- The list of the names of what was changed says nothing beside them.
WHERE coalesce(e.c['name'], '') <> 'Included Updated Properties' OR cardinality(e.properties) = 1
ORDER BY e.event_time, e.id, target_id, property, new_value, old_value
