-- name: B2C administration
-- question: Who created, changed or deleted policy keys, policies, user flows, applications, identity providers and
--     other resources, or tried to?
-- kind: report
-- needs: audit
-- param: include_reads boolean = false; Also list what was only read (`Get …`, `Check …`, `Retrieve …` and their
--     like).
-- caveat: One row per call (`b2c_admin_call`): its two events, for the permission and for the change, are both
--     listed.
-- caveat: Refused reads are always listed: whoever is refused wanted something.
SELECT event_time, activity, result, coalesce(actor_upn, actor_name, actor_id, actor_type) AS actor, ip, object,
       object_kind, reason, categories, event_ids
FROM b2c_admin_call
WHERE $include_reads OR NOT is_read OR result = 'failure'
ORDER BY event_time, activity, event_ids[1]
