-- name: Tokens of many consumers at one address
-- question: Which addresses got tokens for many different consumers in a short time?
-- kind: detection
-- technique: T1110.004
-- severity: high
-- needs: audit
-- param: window duration = 1h; Length of the sliding window.
-- param: min_users integer = 20; Consumers with a token within the window.
-- caveat: Counts consumers of tokens as `b2c_token` defines them. One row per burst: the tokens of one address while
--     each window has `min_users` consumers. `failed_checks` are password checks of the address that failed in that
--     time.
-- caveat: Offices, schools and telephone networks share an address and are low. high: twice as many failed checks as
--     consumers, in the manner of lists of stolen passwords; medium: half as many, from one user agent. For high, the
--     checks of those who got a token do not count: where checks fail for everybody for a while, all get in later.
-- caveat: A proxy or gateway of your own before B2C makes everybody come from its address.
-- caveat: Whoever changes address for each few consumers is not seen.
WITH token AS (
    -- Views of texts keep alive the batches that they point into: sorted below, each would count for all of them.
    SELECT event_time, arrow_cast(id, 'Utf8') AS id, arrow_cast(ip, 'Utf8') AS ip,
           arrow_cast(user_id, 'Utf8') AS user_id, arrow_cast(app_id, 'Utf8') AS app_id,
           arrow_cast(policy, 'Utf8') AS policy, arrow_cast(user_agent, 'Utf8') AS user_agent
    FROM b2c_token
    WHERE ip IS NOT NULL AND user_id IS NOT NULL
),
-- An address with fewer consumers in all has no window with enough.
counted AS (
    SELECT *, count(DISTINCT user_id)
                  OVER (PARTITION BY ip ORDER BY event_time RANGE BETWEEN $window PRECEDING AND CURRENT ROW)
                  AS users_before
    FROM token
    WHERE ip IN (SELECT ip FROM token GROUP BY ip HAVING count(DISTINCT user_id) >= $min_users)
),
marked AS (
    SELECT *, max(CASE WHEN users_before >= $min_users THEN 1 ELSE 0 END)
                  OVER (PARTITION BY ip ORDER BY event_time RANGE BETWEEN CURRENT ROW AND $window FOLLOWING)
                  AS is_burst
    FROM counted
),
numbered AS (
    SELECT *, sum(is_first) OVER (PARTITION BY ip ORDER BY event_time, id) AS burst
    FROM (
        SELECT *, CASE WHEN event_time <= lag(event_time) OVER (PARTITION BY ip ORDER BY event_time, id) + $window
                       THEN 0 ELSE 1 END AS is_first
        FROM marked
        WHERE is_burst = 1
    )
),
found AS (
    SELECT ip, burst, count(DISTINCT user_id) AS users, max(users_before) AS most_users, count(*) AS issued,
           array_agg(DISTINCT policy ORDER BY policy) FILTER (WHERE policy IS NOT NULL) AS policies,
           array_agg(DISTINCT app_id ORDER BY app_id) FILTER (WHERE app_id IS NOT NULL) AS apps,
           count(DISTINCT user_agent) AS user_agents,
           min(event_time) AS first_time, max(event_time) AS last_time,
           array_agg(DISTINCT user_id) AS consumers, array_agg(id ORDER BY event_time, id) AS event_ids
    FROM numbered
    GROUP BY ip, burst
),
failed AS (
    SELECT f.ip, f.burst, count(*) AS failed_checks,
           count(*) FILTER (WHERE e.user_id IS NULL OR NOT array_has(f.consumers, e.user_id)) AS failed_others
    FROM found f JOIN b2c_event e ON e.ip = f.ip AND e.event_time BETWEEN f.first_time AND f.last_time
    WHERE e.step = 'password' AND e.result <> 'success'
    GROUP BY f.ip, f.burst
)
SELECT f.first_time AS window_start, f.ip, f.users, f.most_users, f.issued, f.policies, f.apps,
       f.user_agents, coalesce(x.failed_checks, 0) AS failed_checks,
       CASE WHEN x.failed_others >= 2 * f.users THEN 'high'
            WHEN 2 * x.failed_checks >= f.users AND f.user_agents <= 1 THEN 'medium'
            ELSE 'low' END AS severity,
       concat('Address ', f.ip, ' got ', f.issued, ' tokens for ', f.users, ' consumers, and failed ',
              coalesce(x.failed_checks, 0), ' password checks') AS finding,
       f.first_time, f.last_time, f.event_ids
FROM found f LEFT JOIN failed x ON x.ip = f.ip AND x.burst = f.burst
ORDER BY f.first_time, f.ip, f.burst
