-- name: audit_target
-- about: One row per target of an audit event; events without targets have none.
-- column target_index: Position of the target in its event, 1 the first.
-- column target_id: Object id of the target.
-- column target_type: Type of the target (`User`, `Group`, `Application` …).
-- column target_name: Display name of the target.
-- column target_upn: User principal name of the target.
-- column group_type: Kind of group, if the target is one.
-- column modified_properties: What was changed on the target; see `audit_change`.
SELECT event_time, id, tenant_id, correlation_id, service, category, activity, result,
       actor_type, actor_id, actor_upn, actor_name, target_index,
       target['id'] AS target_id, target['type'] AS target_type, target['name'] AS target_name,
       target['upn'] AS target_upn, target['group_type'] AS group_type,
       target['modified_properties'] AS modified_properties
FROM (
    SELECT event_time, id, tenant_id, correlation_id, service, category, activity, result,
           actor_type, actor_id, actor_upn, actor_name,
           unnest(targets) AS target, unnest(range(1, CAST(cardinality(targets) AS BIGINT) + 1)) AS target_index
    FROM audit
    WHERE cardinality(targets) > 0
)
