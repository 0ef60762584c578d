-- name: audit_change
-- about: One row per modified property of a target of an audit event.
-- column target_index: Position of the target in its event, 1 the first.
-- column target_id: Object id of the target that was changed.
-- column target_type: Type of the target.
-- column target_name: Display name of the target.
-- column target_upn: User principal name of the target.
-- column property: Name of the property.
-- column old_value: Value before, decoded: quotes and one-element lists peeled, an empty list NULL.
-- column new_value: Value after, decoded likewise.
-- column old_value_raw: Value before, as the source wrote it.
-- column new_value_raw: Value after, as the source wrote it.
SELECT event_time, id, tenant_id, correlation_id, service, category, activity, result,
       actor_type, actor_id, actor_upn, actor_name,
       target_index, target_id, target_type, target_name, target_upn,
       change['name'] AS property,
       property_value(change['old_value']) AS old_value,
       property_value(change['new_value']) AS new_value,
       change['old_value'] AS old_value_raw,
       change['new_value'] AS new_value_raw
FROM (
    SELECT event_time, id, tenant_id, correlation_id, service, category, activity, result,
           actor_type, actor_id, actor_upn, actor_name,
           target_index, target_id, target_type, target_name, target_upn,
           unnest(modified_properties) AS change
    FROM audit_target
    WHERE cardinality(modified_properties) > 0
)
