-- name: audit_detail
-- about: One row per additional detail of an audit event.
-- column detail_index: Position of the detail in its event, 1 the first.
-- column key: Name of the detail.
-- column value: Value of the detail, the source's own text.
SELECT event_time, id, tenant_id, correlation_id, service, category, activity, result,
       actor_type, actor_id, actor_upn, actor_name,
       detail_index, detail['key'] AS key, detail['value'] AS value
FROM (
    SELECT event_time, id, tenant_id, correlation_id, service, category, activity, result,
           actor_type, actor_id, actor_upn, actor_name,
           unnest(details) AS detail, unnest(range(1, CAST(cardinality(details) AS BIGINT) + 1)) AS detail_index
    FROM audit
    WHERE cardinality(details) > 0
)
