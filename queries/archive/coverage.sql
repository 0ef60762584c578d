-- name: Archive coverage
-- question: Which services, categories and days does the archive hold, and how many events in each?
-- kind: report
-- param: bucket text = all; Length of a period: hour, day, week, month, or all for one row per category.
-- caveat: A day without events is no proof that nothing happened: it may not have been downloaded. Where events are
--     missing that are usual is said by `archive/gaps`.
-- caveat: Only `audit` has categories. The service of the other tables is what their events are told apart by: kind
--     of sign-in, of record or of risk, action, method.
-- caveat: Risk detections are counted once per version.
WITH event AS (
    SELECT 'audit' AS table_name, service, category, event_time FROM audit
    UNION ALL SELECT 'signin', signin_type, NULL, event_time FROM signin
    UNION ALL SELECT 'provisioning', action, NULL, event_time FROM provisioning
    UNION ALL SELECT 'risk_detection', risk_event_type, NULL, event_time FROM risk_detection
    UNION ALL SELECT 'graph_activity', request_method, NULL, event_time FROM graph_activity
    UNION ALL SELECT 'unified_audit', record_type, NULL, event_time FROM unified_audit
),
hour AS (
    SELECT table_name, service, category, date_trunc('hour', event_time) AS hour, count(*) AS events,
           min(event_time) AS first_event, max(event_time) AS last_event
    FROM event
    GROUP BY 1, 2, 3, 4
)
SELECT CASE WHEN $bucket <> 'all' THEN
           date_trunc(CASE WHEN $bucket = 'all' THEN 'day' ELSE $bucket END, hour)
       END AS bucket,
       table_name, service, category, sum(events) AS events,
       count(DISTINCT date_trunc('day', hour)) AS days_with_events,
       CAST(max(hour) AS DATE) - CAST(min(hour) AS DATE) + 1 - count(DISTINCT date_trunc('day', hour))
           AS days_without_events,
       min(first_event) AS first_event, max(last_event) AS last_event
FROM hour
GROUP BY 1, 2, 3, 4
ORDER BY bucket, table_name, service, category
