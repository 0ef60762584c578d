-- name: Brute force of one user
-- question: For which users did many failures within a short time end with a success?
-- kind: detection
-- technique: T1110.001
-- severity: high
-- needs: signin
-- param: window duration = 20m; Time that the failures take, at most; also how soon after them the success comes.
-- param: min_fail integer = 10; Failures within the window, at least.
-- caveat: A failure is a sign-in whose `first_factor` is `wrong` in `user_signin`; interrupts are none. A success must
--     have proved a credential: the silent renewals of other devices do not count.
-- caveat: high: the success came from one of the failing addresses, in a country where the user had not succeeded
--     before; low: from an address where the user had; medium: the rest, also if the archive knows no earlier success.
WITH suspect AS (
    SELECT user_key FROM user_signin WHERE first_factor = 'wrong' GROUP BY user_key HAVING count(*) >= $min_fail
),
attempt AS (
    SELECT u.user_key, u.user_upn, u.event_time, u.id, u.ip_address, u.country, u.app_name,
           u.first_factor = 'wrong' AS failed,
           max(CASE WHEN u.first_factor = 'wrong' THEN u.event_time END)
               OVER (PARTITION BY u.user_key ORDER BY u.event_time, u.id ROWS BETWEEN UNBOUNDED PRECEDING
                   AND 1 PRECEDING)
               AS last_fail
    FROM user_signin AS u JOIN suspect AS s ON s.user_key = u.user_key
    WHERE u.first_factor = 'wrong' OR u.first_factor = 'right' AND u.result = 'success'
),
-- What is no further than the window from the failure before belongs together.
grouped AS (
    SELECT *, sum(CASE WHEN event_time <= last_fail + CAST($window AS INTERVAL) THEN 0 ELSE 1 END)
                  OVER (PARTITION BY user_key ORDER BY event_time, id ROWS UNBOUNDED PRECEDING) AS series
    FROM attempt
),
counted AS (
    SELECT *, min(CASE WHEN failed AND nth_fail >= event_time - CAST($window AS INTERVAL) THEN event_time END)
                  OVER (PARTITION BY user_key, series) AS reached,
           bool_or(failed) OVER (PARTITION BY user_key, series, ip_address) AS from_failing
    FROM (
        SELECT *,
               lag(event_time, $min_fail - 1)
                   OVER (PARTITION BY user_key, series, failed ORDER BY event_time, id) AS nth_fail
        FROM grouped
    )
),
episode AS (
    SELECT user_key, series, min(event_time) FILTER (WHERE failed) AS first_fail,
           max(event_time) FILTER (WHERE failed) AS last_fail, count(*) FILTER (WHERE failed) AS failures,
           count(DISTINCT ip_address) FILTER (WHERE failed) AS ips,
           array_agg(id ORDER BY event_time, id) FILTER (WHERE failed) AS failure_ids,
           first_value(make_array(id, ip_address, country, app_name, user_upn)
                       ORDER BY from_failing DESC, event_time, id)
               FILTER (WHERE NOT failed AND event_time > reached) AS success,
           first_value(event_time ORDER BY from_failing DESC, event_time, id)
               FILTER (WHERE NOT failed AND event_time > reached) AS success_at,
           bool_or(from_failing) FILTER (WHERE NOT failed AND event_time > reached) AS from_failing
    FROM counted
    WHERE reached IS NOT NULL
    GROUP BY user_key, series
    HAVING count(*) FILTER (WHERE NOT failed AND event_time > reached) > 0
),
-- When each user first succeeded from each address and country.
known_address AS (
    SELECT user_key, ip_address, min(event_time) AS since,
           min(min(event_time)) OVER (PARTITION BY user_key) AS user_since
    FROM user_signin
    WHERE result = 'success'
    GROUP BY user_key, ip_address
),
known_country AS (
    SELECT user_key, country, min(event_time) AS since
    FROM user_signin
    WHERE result = 'success'
    GROUP BY user_key, country
)
SELECT e.success[5] AS user_upn, e.first_fail, e.last_fail, e.failures, e.ips, e.success_at, e.success[2] AS success_ip,
       e.success[3] AS success_country, e.success[4] AS app_name,
       CASE WHEN a.since < e.first_fail THEN 'known' WHEN a.user_since < e.first_fail THEN 'new' ELSE 'no history' END
           AS success_address,
       CASE
           WHEN e.from_failing AND a.user_since < e.first_fail AND c.since >= e.first_fail THEN 'high'
           WHEN a.since < e.first_fail THEN 'low'
           ELSE 'medium'
       END AS severity,
       concat('after ', e.failures, ' failures ', e.success[5], ' signed in from ',
              CASE WHEN e.from_failing THEN 'the failing address ' ELSE 'another address, ' END,
              coalesce(e.success[2], 'unknown')) AS finding,
       e.first_fail AS first_time, greatest(e.success_at, e.last_fail) AS last_time,
       array_append(e.failure_ids, e.success[1]) AS event_ids
FROM episode AS e
LEFT JOIN known_address AS a ON a.user_key = e.user_key AND a.ip_address = e.success[2]
LEFT JOIN known_country AS c ON c.user_key = e.user_key AND c.country = e.success[3]
ORDER BY success_at, user_upn, success_ip
