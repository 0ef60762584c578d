-- name: risky_user_latest
-- about: The newest version of each risky user: one row per user.
SELECT event_time, id, tenant_id, correlation_id, user_id, user_upn, user_name, risk_level, risk_state,
       risk_detail, is_deleted, is_guest, is_processing, initiated_by, risk_event_types, format,
       source_file, source_offset, degraded, raw
FROM (
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY event_time DESC, source_file, source_offset) AS newest
    FROM risky_user
) AS version
WHERE newest = 1
