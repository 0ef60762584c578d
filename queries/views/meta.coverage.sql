-- name: meta.coverage
-- about: One row per table, service and day (UTC) that has events. Snapshots of objects are not events.
-- column table_name: Table of the events.
-- column day: Day, UTC.
-- column service: Service that logged the events; of tables other than audit what they are told apart by: the kind of
--    sign-in, of risk, of record, the action or the request's method.
-- column events: Events of the day.
-- column first_event: Time of the day's first event.
-- column last_event: Time of the day's last event.
WITH event AS (
    SELECT 'audit' AS table_name, event_time, service FROM audit
    UNION ALL
    SELECT 'signin', event_time, signin_type FROM signin
    UNION ALL
    SELECT 'provisioning', event_time, action FROM provisioning
    UNION ALL
    SELECT 'risk_detection', event_time, risk_event_type FROM risk_detection
    UNION ALL
    SELECT 'risky_user', event_time, risk_level FROM risky_user
    UNION ALL
    SELECT 'graph_activity', event_time, request_method FROM graph_activity
    UNION ALL
    SELECT 'unified_audit', event_time, record_type FROM unified_audit
)
SELECT table_name, CAST(date_trunc('day', event_time) AS DATE) AS day, service, count(*) AS events,
       min(event_time) AS first_event, max(event_time) AS last_event
FROM event
GROUP BY 1, 2, 3
