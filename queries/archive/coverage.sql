-- name: Archive coverage
-- question: Which days does the archive hold for each table and service, how many events, and which days have none?
-- caveat: A day without events is no proof that nothing happened: it may not have been downloaded.
WITH period AS (
    SELECT table_name, service, min(day) AS first_day, max(day) AS last_day, sum(events) AS events,
           count(*) AS days_with_events, min(first_event) AS first_event, max(last_event) AS last_event
    FROM meta.coverage
    GROUP BY table_name, service
)
SELECT table_name, service, events, first_event, last_event, days_with_events,
       last_day - first_day + 1 - days_with_events AS days_without_events
FROM period
ORDER BY table_name, service
