-- name: Activity census
-- question: Which activities occur, how often, by how many actors on how many targets, and what share fails?
-- kind: report
-- needs: audit
-- param: service text optional; Only this service, e.g. B2C.
-- param: category text optional; Only this category, e.g. UserManagement.
-- caveat: `failures` are events whose result is given and not `success`; `failure_share` is their part of the events
--     with a result. Events whose download lost the result count in `events` alone.
-- caveat: Actors are told apart by object id, else by name; targets by the object id of the first target.
-- caveat: The same activity can stand under several categories, and one operation can log several events.
SELECT service, category, activity, count(*) AS events,
       count(DISTINCT coalesce(actor_id, actor_upn, actor_app_id, actor_service_principal_name, actor_name)) AS actors,
       count(DISTINCT target_id) AS targets,
       count(*) FILTER (WHERE result <> 'success') AS failures,
       round(CAST(count(*) FILTER (WHERE result <> 'success') AS DOUBLE) / nullif(count(result), 0), 3)
           AS failure_share,
       min(event_time) AS first_event, max(event_time) AS last_event
FROM audit
WHERE ($service IS NULL OR lower(service) = lower($service))
  AND ($category IS NULL OR lower(category) = lower($category))
GROUP BY service, category, activity
ORDER BY events DESC, service, category, activity
