-- name: meta.coverage
-- about: One row per table, service and day (UTC) that has events, of the whole archive whatever `--from` and `--to`
--    say. Snapshots of objects are not events.
-- column table_name: Table of the events.
-- column day: Day, UTC.
-- column service: Service that logged the events; of tables other than audit what they are told apart by: the kind of
--    sign-in, of risk, of record, the action or the request's method.
-- column events: Events of the day.
-- column first_event: Time of the day's first event.
-- column last_event: Time of the day's last event.
SELECT table_name, CAST(date_trunc('day', hour) AS DATE) AS day, service, sum(events) AS events,
       min(first_event) AS first_event, max(last_event) AS last_event
FROM meta.hours
GROUP BY 1, 2, 3
