-- name: access_review_decision_latest
-- about: The newest version of each decision: one row per decision.
SELECT event_time, id, tenant_id, review_id, definition_id, decision, recommendation, justification,
       reviewed_at, reviewed_by_id, reviewed_by_name, reviewed_by_upn, applied_at, applied_by_id,
       applied_by_name, apply_result, principal_id, principal_type, principal_name, principal_upn,
       resource_id, resource_name, resource_type, format, source_file, source_offset, degraded, raw
FROM (
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY applied_at DESC NULLS LAST, reviewed_at DESC NULLS LAST, event_time DESC, source_file, source_offset) AS newest
    FROM access_review_decision
) AS version
WHERE newest = 1
