-- name: meta.coverage
-- about: One row per table, service and day (UTC) that has events.
-- column table_name: Table of the events.
-- column day: Day, UTC.
-- column service: Service that logged the events.
-- column events: Events of the day.
-- column first_event: Time of the day's first event.
-- column last_event: Time of the day's last event.
SELECT 'audit' AS table_name, CAST(date_trunc('day', event_time) AS DATE) AS day, service, count(*) AS events,
       min(event_time) AS first_event, max(event_time) AS last_event
FROM audit
GROUP BY 2, 3
