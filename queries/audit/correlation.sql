-- name: Events of one correlation id
-- question: Which events belong to one operation or journey?
-- param: id text required; Correlation id.
-- caveat: Some services write a correlation id of zeros into unrelated events.
SELECT event_time, service, category, activity, result, result_reason,
       coalesce(actor_upn, actor_name, actor_id, actor_service_principal_name, actor_type) AS actor,
       target_type, coalesce(target_name, target_upn, target_id) AS first_target, policy_id, actor_ip AS ip, id
FROM audit
WHERE correlation_id = $id
ORDER BY event_time, id
