-- name: risk_detection_latest
-- about: The newest version of each risk detection: one row per detection.
SELECT event_time, id, tenant_id, correlation_id, signin_id, detected_at, updated_at, risk_event_type,
       risk_level, risk_state, risk_detail, source, detection_timing, activity, user_id, user_upn,
       user_name, ip_address, city, state, country, token_issuer_type, user_agent, additional_info,
       format, source_file, source_offset, degraded, raw
FROM (
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY updated_at DESC NULLS LAST, event_time DESC, source_file, source_offset) AS newest
    FROM risk_detection
) AS version
WHERE newest = 1
