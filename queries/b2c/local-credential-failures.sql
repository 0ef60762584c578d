-- name: Password failures of local accounts
-- question: From which addresses, and for which consumers, do password checks of local accounts fail in bursts, and
--     who got in afterwards?
-- kind: detection
-- technique: T1110.003
-- severity: high
-- needs: audit
-- param: min integer = 5; Failures within the window.
-- param: window duration = 1h; Length of the sliding window.
-- param: min_users integer = 5; Consumers that fail from one address for it to count as a spray.
-- caveat: Counts `Validate local account credentials` that did not succeed, whatever the reason. One row per burst:
--     the checks of one address (`by` = address), or of one consumer from two addresses and more (`by` = consumer),
--     with `min` failures in each window. A burst can be in both.
-- caveat: `users` are the consumers that failed, told apart by object id, else by the name that was typed; names that
--     have no account can be missing from the log and then count as one. `then_success` are those of them whose
--     password was right later in the burst.
-- caveat: high: a spray (`min_users` consumers fail) that succeeded for some, for a fifth of them at most, while the
--     address fails three times as often as it succeeds. medium: such a spray without success, or one consumer with
--     three times `min` failures and then a success. low: the rest; whole offices and telephone networks share an
--     address.
-- caveat: A spray slower than the window, or from an address for each try, is not seen.
WITH tried AS (
    SELECT event_time, id, ip, result <> 'success' AS is_failure, result = 'success' AS is_success,
           coalesce(user_id, lower(username), '(not named)') AS consumer, user_agent
    FROM b2c_event
    WHERE step = 'password' AND result IS NOT NULL
),
side AS (
    SELECT 'address' AS by, ip AS key, * FROM tried
    -- Whoever fails less often in all has no window with enough failures.
    WHERE ip IN (SELECT ip FROM tried WHERE is_failure GROUP BY ip HAVING count(*) >= $min)
    UNION ALL
    SELECT 'consumer' AS by, consumer AS key, * FROM tried
    WHERE consumer IN (SELECT consumer FROM tried WHERE is_failure AND consumer <> '(not named)' GROUP BY consumer
                       HAVING count(*) >= $min AND count(DISTINCT ip) > 1)
),
counted AS (
    SELECT *, count(*) FILTER (WHERE is_failure) OVER before AS failures_before,
           count(DISTINCT CASE WHEN is_failure THEN ip END) OVER before AS ips_before
    FROM side
    WINDOW before AS (PARTITION BY by, key ORDER BY event_time RANGE BETWEEN $window PRECEDING AND CURRENT ROW)
),
-- A row belongs to a burst if a window that holds it has enough failures.
marked AS (
    SELECT *, max(CASE WHEN failures_before >= $min AND (by = 'address' OR ips_before > 1) THEN 1 ELSE 0 END)
                  OVER (PARTITION BY by, key ORDER BY event_time RANGE BETWEEN CURRENT ROW AND $window FOLLOWING)
                  AS is_burst
    FROM counted
),
numbered AS (
    SELECT *, sum(is_first) OVER (PARTITION BY by, key ORDER BY event_time, id) AS burst
    FROM (
        SELECT *, CASE WHEN event_time <= lag(event_time) OVER (PARTITION BY by, key ORDER BY event_time, id) + $window
                       THEN 0 ELSE 1 END AS is_first
        FROM marked
        WHERE is_burst = 1
    )
),
per_user AS (
    SELECT by, key, burst, consumer, count(*) FILTER (WHERE is_failure) AS failures,
           count(*) FILTER (WHERE is_success) AS successes, max(failures_before) AS most_failures,
           min(event_time) AS first_time, max(event_time) AS last_time,
           max(event_time) FILTER (WHERE is_success) > min(event_time) FILTER (WHERE is_failure) AS then_success,
           array_agg(DISTINCT ip) FILTER (WHERE ip IS NOT NULL) AS ips, array_agg(id ORDER BY event_time, id) AS ids
    FROM numbered
    GROUP BY by, key, burst, consumer
),
found AS (
    SELECT by, key, burst, sum(failures) AS failures, sum(successes) AS successes, max(most_failures) AS most_failures,
           count(*) FILTER (WHERE failures > 0) AS users,
           array_agg(consumer ORDER BY consumer) FILTER (WHERE then_success) AS then_success,
           min(first_time) AS first_time, max(last_time) AS last_time,
           array_sort(array_distinct(flatten(array_agg(ips)))) AS ips,
           flatten(array_agg(ids ORDER BY first_time, consumer)) AS event_ids,
           max(failures) AS failures_of_one, min(consumer) FILTER (WHERE failures > 0) AS one_consumer
    FROM per_user
    GROUP BY by, key, burst
),
judged AS (
    SELECT *, coalesce(cardinality(then_success), 0) AS got_in, by = 'address' AND users >= $min_users
                  AND failures >= 3 * successes AND 5 * coalesce(cardinality(then_success), 0) <= users AS is_spray
    FROM found
)
SELECT date_trunc('hour', first_time) AS hour, by, CASE WHEN by = 'address' THEN key END AS ip,
       CASE WHEN users = 1 THEN one_consumer END AS user, users, cardinality(ips) AS ips, failures, most_failures,
       successes, then_success,
       CASE WHEN is_spray AND got_in > 0 THEN 'high'
            WHEN is_spray OR got_in > 0 AND users = 1 AND failures >= 3 * $min THEN 'medium'
            ELSE 'low' END AS severity,
       concat(CASE WHEN by = 'address' THEN concat('Address ', key) ELSE concat(cardinality(ips), ' addresses') END,
              ' failed ', failures, ' password checks of ',
              CASE WHEN users = 1 THEN one_consumer ELSE concat(users, ' consumers') END,
              CASE WHEN got_in > 0 THEN concat(', then got in as ', array_to_string(then_success, ', ')) ELSE '' END)
           AS finding,
       first_time, last_time, event_ids
FROM judged
ORDER BY first_time, by, key, burst
