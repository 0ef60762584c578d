-- name: Password spray
-- question: Which addresses failed for many users with few tries each, and did one of them get in?
-- kind: detection
-- technique: T1110.003
-- severity: high
-- needs: signin
-- param: window duration = 1h; Length of the window; windows overlap by half.
-- param: min_users integer = 10; Users that were tried within a window, at least.
-- param: max_per_user integer = 3; Tries for each user, on average, at most.
-- caveat: A try is a sign-in whose `first_factor` is `wrong` in `user_signin`: wrong password, no such user, locked …
-- caveat: `success_users` were tried and got in from there, or were stopped only after the right password, from the
--     first try until one window after the last one. A spray from ever-changing addresses is not seen.
-- caveat: high: up to half of the tried users were guessed, and few others sign in there; low: more than half as many
--     users as were tried sign in there, as from the address that an office shares; medium: nobody was guessed.
-- caveat: `event_ids` holds the first 1000 failures and the first 1000 successes.
WITH try AS (
    SELECT origin, event_time, id, user_key, error_code, autonomous_system_number, country,
           unnest(make_array(half - 1, half)) AS slot
    FROM (
        SELECT origin, event_time, id, user_key, error_code, autonomous_system_number, country,
               CAST(floor(2 * extract(epoch FROM event_time) / extract(epoch FROM CAST($window AS INTERVAL))) AS BIGINT)
                   AS half
        FROM user_signin
        WHERE first_factor = 'wrong' AND origin IS NOT NULL
    )
),
-- Each window is two half windows long and begins with each of them, so that no spray is cut in two.
busy AS (
    SELECT *
    FROM (
        SELECT *, count(DISTINCT user_key) OVER (PARTITION BY origin, slot) AS slot_users,
               count(*) OVER (PARTITION BY origin, slot) AS slot_tries
        FROM try
    )
    WHERE slot_users >= $min_users AND slot_tries <= $max_per_user * slot_users
),
-- Windows that follow one another are one spray; a try stands in two of them.
tried AS (
    SELECT origin, spray, id, user_key, event_time, max(error_code) AS error_code,
           max(autonomous_system_number) AS autonomous_system_number, max(country) AS country
    FROM (
        SELECT *, sum(is_new) OVER (PARTITION BY origin ORDER BY slot, event_time, id ROWS UNBOUNDED PRECEDING) AS spray
        FROM (
            SELECT *, CASE WHEN slot - lag(slot) OVER (PARTITION BY origin ORDER BY slot, event_time, id) <= 2 THEN 0
                           ELSE 1 END AS is_new
            FROM busy
        )
    )
    GROUP BY origin, spray, id, user_key, event_time
),
spray AS (
    SELECT origin, spray, min(event_time) AS first_time, max(event_time) AS last_time,
           max(autonomous_system_number) AS autonomous_system_number, max(country) AS country,
           count(DISTINCT user_key) AS users, count(*) AS attempts,
           count(DISTINCT user_key) FILTER (WHERE error_code = 50034) AS unknown_users,
           array_slice(array_agg(id ORDER BY event_time, id), 1, 1000) AS failure_ids
    FROM tried
    GROUP BY origin, spray
),
passed AS (
    SELECT s.origin, s.spray, count(*) FILTER (WHERE u.result = 'success') AS successes,
           count(DISTINCT u.user_key) AS tried_users,
           array_agg(DISTINCT u.user_upn ORDER BY u.user_upn) AS success_users,
           array_agg(u.id ORDER BY u.event_time, u.id) AS success_ids
    FROM (
        SELECT DISTINCT origin, spray, user_key,
               min(event_time) OVER (PARTITION BY origin, spray) AS first_time,
               max(event_time) OVER (PARTITION BY origin, spray) AS last_time
        FROM tried
    ) AS s
    JOIN user_signin AS u ON u.origin = s.origin AND u.user_key = s.user_key
    WHERE u.first_factor = 'right'
      AND u.event_time BETWEEN s.first_time AND s.last_time + CAST($window AS INTERVAL)
    GROUP BY s.origin, s.spray
),
everybody AS (
    SELECT s.origin, s.spray, count(DISTINCT u.user_key) AS users
    FROM spray AS s JOIN user_signin AS u ON u.origin = s.origin
    WHERE u.first_factor = 'right' AND u.result = 'success'
      AND u.event_time BETWEEN s.first_time AND s.last_time + CAST($window AS INTERVAL)
    GROUP BY s.origin, s.spray
)
SELECT s.first_time AS window_start, s.origin AS ip, s.autonomous_system_number, s.country, s.users, s.attempts,
       s.unknown_users, coalesce(p.successes, 0) AS successes, p.success_users,
       coalesce(e.users, 0) AS users_signed_in,
       CASE
           WHEN coalesce(e.users, 0) * 2 > s.users OR coalesce(p.tried_users, 0) * 2 > s.users THEN 'low'
           WHEN p.tried_users > 0 THEN 'high'
           ELSE 'medium'
       END AS severity,
       concat(s.origin, ' failed ', s.attempts, ' times for ', s.users, ' users',
              CASE WHEN p.tried_users > 0
                   THEN concat(' and had the right password of ', array_to_string(array_slice(p.success_users, 1, 5),
                       ', '),
                               CASE WHEN p.tried_users > 5 THEN ' …' ELSE '' END)
                   ELSE ' and got into none of them' END) AS finding,
       s.first_time, s.last_time,
       CASE WHEN p.success_ids IS NULL THEN s.failure_ids
            ELSE array_concat(s.failure_ids, array_slice(p.success_ids, 1, 1000)) END AS event_ids
FROM spray AS s
LEFT JOIN passed AS p ON p.origin = s.origin AND p.spray = s.spray
LEFT JOIN everybody AS e ON e.origin = s.origin AND e.spray = s.spray
ORDER BY window_start, ip
