-- name: Actors
-- question: Who caused audit events, how many, of how many activities, from how many addresses, and what failed?
-- kind: report
-- needs: audit
-- param: service text optional; Only this service, e.g. B2C.
-- caveat: Of B2C's journeys the log calls the application the actor, and not the consumer.
-- caveat: An actor is told apart by the user principal name, else by the name or id of the application.
WITH named AS (
    SELECT coalesce(actor_upn, actor_name, actor_service_principal_name, actor_app_id, actor_id, actor_type) AS actor,
           actor_type, actor_ip, activity, result, event_time
    FROM audit
    WHERE $service IS NULL OR lower(service) = lower($service)
)
SELECT actor, max(actor_type) AS actor_kind, count(*) AS events, count(DISTINCT activity) AS activities,
       count(*) FILTER (WHERE result = 'failure') AS failures, count(DISTINCT actor_ip) AS addresses,
       min(event_time) AS first_event, max(event_time) AS last_event
FROM named
GROUP BY actor
ORDER BY events DESC, actor
