-- name: Activity census
-- question: Which activities occur, how often, by how many actors, and how often do they fail?
-- param: service text optional; Only this service.
SELECT service, category, activity, count(*) AS events,
       count(DISTINCT coalesce(actor_id, actor_upn, actor_app_id, actor_name)) AS actors,
       count(DISTINCT target_id) AS targets,
       count(*) FILTER (WHERE result IS DISTINCT FROM 'success') AS failures,
       min(event_time) AS first_event, max(event_time) AS last_event
FROM audit
WHERE $service IS NULL OR service = $service
GROUP BY service, category, activity
ORDER BY events DESC, service, category, activity
