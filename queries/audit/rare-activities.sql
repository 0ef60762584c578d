-- name: Rare activities
-- question: Which activities happened at most a few times, and who did them?
-- kind: hunt
-- severity: low
-- needs: audit
-- param: max_count integer = 5; Only activities with at most that many events.
-- param: everything boolean = false; List the harmless activities, too.
-- caveat: Rare is counted within the time that is asked for and per service, whatever the category and letter case;
--     in a short time most activities are rare. One operation can log several events.
-- caveat: Without `everything`, only activities that change credentials, consent, policies or roles
--     (`ref_activity_name.sensitive`) and names that are not known are listed.
-- caveat: Always low: that something is rare makes it worth a look, no more. What is bad by itself has a detection of
--     its own.
-- caveat: `is_known` is false for a name that Microsoft's list of activities, as of this version, does not have.
WITH counted AS (
    SELECT service, activity, count(*) AS events FROM audit GROUP BY 1, 2
),
rare AS (
    SELECT service, lower(trim(activity)) AS key FROM counted GROUP BY 1, 2 HAVING sum(events) <= $max_count
),
rare_event AS (
    SELECT *, coalesce(actor_upn, actor_name, actor_service_principal_name, actor_id, actor_type, '(not said)') AS actor
    FROM audit
    -- Few names: read only their rows.
    WHERE activity IN (SELECT c.activity FROM counted c JOIN rare r ON r.key = lower(trim(c.activity))
                       AND r.service IS NOT DISTINCT FROM c.service)
),
listed AS (
    SELECT r.service, r.key, first_value(e.activity ORDER BY e.event_time, e.id) AS activity, count(*) AS events,
           array_agg(DISTINCT e.actor ORDER BY e.actor) AS actors,
           count(*) FILTER (WHERE e.result <> 'success') AS failures,
           min(e.event_time) AS first_time, max(e.event_time) AS last_time,
           array_agg(e.id ORDER BY e.event_time, e.id) AS event_ids
    FROM rare_event e
    JOIN rare r ON r.key = lower(trim(e.activity)) AND r.service IS NOT DISTINCT FROM e.service
    GROUP BY 1, 2
)
SELECT l.activity, l.service, l.events, l.actors, l.failures,
       k.activity_key IS NOT NULL AS is_known,
       'low' AS severity,
       concat(array_to_string(l.actors, ', '), ': ', l.activity, ', ', l.events,
              CASE WHEN l.events = 1 THEN ' event' ELSE ' events' END,
              CASE WHEN l.failures > 0 THEN concat(', ', l.failures, ' not successful') END) AS finding,
       l.first_time, l.last_time, l.event_ids
FROM listed l LEFT JOIN ref_activity_name k ON k.activity_key = l.key
WHERE $everything OR k.sensitive OR k.activity_key IS NULL
ORDER BY l.events, l.first_time, l.service, l.key
