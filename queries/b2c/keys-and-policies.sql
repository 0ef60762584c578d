-- name: Keys, policies and providers of B2C changed
-- question: Who created, uploaded, changed or deleted policy keys, custom policies, user flows, identity providers
--     and API connectors, or tried to?
-- kind: detection
-- technique: T1556
-- severity: medium
-- needs: audit
-- caveat: One row per call (`b2c_admin_call`): its two events, for the permission and for the change, are both
--     listed.
-- caveat: What was changed inside a policy or key is not logged. Whoever signs with a key he uploaded, or sends
--     consumers to a provider of his own, can issue tokens for anybody: compare with what was planned.
-- caveat: Reads, applications and other objects are in `b2c/admin-changes`.
SELECT event_time, activity, object_kind, object, coalesce(actor_upn, actor_name, actor_id, actor_type) AS actor, ip,
       result, reason, array_to_string(categories, ', ') AS categories,
       CASE WHEN result = 'failure' OR object_kind = 'user-flow' THEN 'low' ELSE 'medium' END AS severity,
       concat(coalesce(actor_upn, actor_name, actor_id, 'Somebody whom the log does not name'),
              CASE WHEN result = 'failure' THEN ' tried without success: ' ELSE ': ' END, activity,
              coalesce(concat(' ', object), '')) AS finding,
       event_time AS first_time, last_time, event_ids
FROM b2c_admin_call
WHERE object_kind IN ('policy-key', 'custom-policy', 'user-flow', 'identity-provider', 'api-connector')
  AND NOT is_read
ORDER BY event_time, activity, event_ids[1]
