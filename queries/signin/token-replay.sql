-- name: Token replay
-- question: Which sessions were used from different networks in different countries, or by different systems?
-- kind: detection
-- technique: T1550.001
-- severity: high
-- needs: signin
-- param: within duration = 1h; Time between two uses of the session, at most.
-- caveat: Compares each success of a session, silent renewals too, with the one before it: the network must differ, and
--     the country or the family of the operating system as well. A phone that goes from Wi-Fi to a mobile network is
--     not shown.
-- caveat: A tablet that asks for a page made for desktop computers says that it is one: within a country, iOS and macOS
--     are taken for one system, and so are Android and Linux.
-- caveat: high: the operating system differs; medium: only the country, as a VPN makes it, too.
-- caveat: Needs `session_id`: Graph's v1.0 and older downloads do not write it. `event_ids` holds the first 1000 uses
--     beside a change.
WITH candidate AS (
    SELECT user_key, session_id
    FROM user_signin
    WHERE result = 'success' AND session_id IS NOT NULL
    GROUP BY user_key, session_id
    -- More than one of each; to count them takes several times as long, as sessions are many.
    HAVING min(ip_address) <> max(ip_address) AND (min(country) <> max(country) OR min(system) <> max(system))
),
use AS (
    SELECT u.user_key, u.session_id, u.user_upn, u.event_time, u.id, u.ip_address, u.country, u.system, u.user_agent,
           CASE u.system WHEN 'ios' THEN 'macos' WHEN 'android' THEN 'linux' ELSE u.system END AS family,
           lag(CASE u.system WHEN 'ios' THEN 'macos' WHEN 'android' THEN 'linux' ELSE u.system END) OVER w AS family_1,
           u.autonomous_system_number, coalesce(CAST(u.autonomous_system_number AS TEXT), u.network) AS net,
           lag(u.event_time) OVER w AS time_1, lag(u.id) OVER w AS id_1, lag(u.ip_address) OVER w AS ip_1,
           lag(u.country) OVER w AS country_1, lag(u.system) OVER w AS system_1,
           lag(u.user_agent) OVER w AS user_agent_1,
           lag(u.autonomous_system_number) OVER w AS autonomous_system_1,
           lag(coalesce(CAST(u.autonomous_system_number AS TEXT), u.network)) OVER w AS net_1
    FROM user_signin AS u JOIN candidate AS c ON c.user_key = u.user_key AND c.session_id = u.session_id
    WHERE u.result = 'success'
    WINDOW w AS (PARTITION BY u.user_key, u.session_id ORDER BY u.event_time, u.id)
),
session AS (
    SELECT user_key, session_id, max(user_upn) AS user_upn, count(*) AS changes, min(time_1) AS first_time,
           max(event_time) AS last_time,
           coalesce(bool_or(family <> family_1 OR system <> system_1 AND country <> country_1), false) AS other_system,
           array_sort(array_distinct(flatten(array_agg(make_array(ip_1, ip_address))))) AS ips,
           array_sort(array_distinct(flatten(array_agg(make_array(autonomous_system_1, autonomous_system_number)))))
               AS asns,
           array_sort(array_distinct(flatten(array_agg(make_array(country_1, country))))) AS countries,
           array_sort(array_distinct(flatten(array_agg(make_array(system_1, system))))) AS systems,
           array_sort(array_distinct(flatten(array_agg(make_array(user_agent_1, user_agent))))) AS user_agents,
           array_slice(array_distinct(flatten(array_agg(make_array(id_1, id) ORDER BY event_time, id))), 1, 1000)
               AS event_ids
    FROM use
    WHERE time_1 >= event_time - CAST($within AS INTERVAL) AND net <> net_1
      AND (country <> country_1 OR family <> family_1)
    GROUP BY user_key, session_id
)
SELECT user_upn, session_id, ips, asns AS autonomous_system_numbers, countries, systems, user_agents, changes,
       CASE WHEN other_system THEN 'high' ELSE 'medium' END AS severity,
       concat('a session of ', user_upn, ' changed its network ', changes, CASE changes WHEN 1 THEN ' time'
           ELSE ' times' END,
              ' within short, and with it ',
              CASE WHEN other_system THEN concat('the system: ', array_to_string(systems, ', '))
                   ELSE concat('the country: ', array_to_string(countries, ', ')) END) AS finding,
       first_time, last_time, event_ids
FROM session
ORDER BY first_time, session_id, user_key
