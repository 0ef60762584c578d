-- name: Service principal from somewhere new
-- question: Which service principals signed in from a country or network, or with a credential, not seen before?
-- kind: detection
-- technique: T1078.004
-- severity: high
-- needs: signin
-- param: baseline duration = 14d; How far back a sign-in makes a country, network or credential a known one.
-- caveat: A network is the autonomous system; where that is not said, the /16 of IPv4 or /32 of IPv6. Successes only,
--     and only principals that had a success within the baseline: the first day of a principal is no news.
-- caveat: The engine hides what lies before `--from`, and the archive knows nothing before its first event: in the
--     first days of either, things are new that are not.
-- caveat: high: a new country and a new credential at once; medium: a new country, or a new network and a new
--     credential at once; low: the rest, as rotated credentials.
WITH day AS (
    -- One row per principal, origin, credential and day: programs sign in all day long.
    SELECT principal_key, country, network, credential_key_id, date_trunc('day', event_time) AS day,
           min(event_time) AS event_time, max(event_time) AS last_event_time,
           first_value(id ORDER BY event_time, id) AS id
    FROM (
        SELECT principal_key, event_time, id, country, credential_key_id,
               coalesce('AS' || autonomous_system_number, ip_network(ip_address, 16, 32)) AS network
        FROM workload_signin
        WHERE result = 'success'
    )
    GROUP BY principal_key, country, network, credential_key_id, date_trunc('day', event_time)
),
facet AS (
    SELECT principal_key, event_time, last_event_time, id,
           unnest(make_array('country', 'network', 'credential')) AS what,
           unnest(make_array(country, network, credential_key_id)) AS value
    FROM day
),
arrival AS (
    SELECT *,
           max(last_event_time) OVER (PARTITION BY principal_key, what, value ORDER BY event_time, id
                                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS value_before,
           max(last_event_time) OVER (PARTITION BY principal_key, what ORDER BY event_time, id
                                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS any_before
    FROM facet
    WHERE value IS NOT NULL
),
new AS (
    SELECT principal_key, id, array_agg(what || ' ' || value ORDER BY what) AS what_is_new,
           string_agg(what || ' (' || value || ')', ' and a new ' ORDER BY what) AS in_words,
           bool_or(what = 'country') AS country_is_new, bool_or(what = 'network') AS network_is_new,
           bool_or(what = 'credential') AS credential_is_new
    FROM arrival
    WHERE coalesce(value_before < event_time - CAST($baseline AS INTERVAL), true)
      AND any_before >= event_time - CAST($baseline AS INTERVAL)
    GROUP BY principal_key, id
)
SELECT w.event_time, w.principal_name, w.app_id, w.service_principal_id, n.what_is_new, w.ip_address, w.country,
       w.resource_name,
       CASE
           WHEN n.country_is_new AND n.credential_is_new THEN 'high'
           WHEN n.country_is_new OR n.network_is_new AND n.credential_is_new THEN 'medium'
           ELSE 'low'
       END AS severity,
       concat(w.principal_name, ' signed in with a new ', n.in_words, coalesce(', at ' || w.ip_address, '')) AS finding,
       w.event_time AS first_time, w.event_time AS last_time, make_array(w.id) AS event_ids
FROM new AS n JOIN workload_signin AS w ON w.id = n.id AND w.principal_key = n.principal_key
ORDER BY event_time, principal_name, w.id
