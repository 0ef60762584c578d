-- name: New country
-- question: Which users succeeded from a country in which neither they nor perhaps anybody of the tenant did before?
-- kind: detection
-- technique: T1078.004
-- severity: medium
-- needs: signin
-- param: baseline duration = 14d; How far back a success from the country makes it a known one.
-- caveat: Only users with a success from another country within the baseline: a user's first country is no news.
-- caveat: The engine hides what lies before `--from`, and the archive knows nothing before its first event: in the
--     first days of either, countries are new that are not.
-- caveat: medium: new for the whole tenant; low: new for the user only.
WITH day AS (
    -- One row per user, country and day: silent renewals repeat by the thousand.
    SELECT user_key, country, date_trunc('day', event_time) AS day, min(event_time) AS event_time,
           max(event_time) AS last_event_time, first_value(id ORDER BY event_time, id) AS id
    FROM user_signin
    WHERE result = 'success' AND country IS NOT NULL
    GROUP BY user_key, country, date_trunc('day', event_time)
),
arrival AS (
    SELECT *,
           lag(last_event_time) OVER (PARTITION BY user_key, country ORDER BY day) AS user_before,
           max(last_event_time) OVER (PARTITION BY country ORDER BY event_time, user_key
                                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS anybody_before,
           lag(event_time) OVER (PARTITION BY user_key ORDER BY event_time, country) AS elsewhere_before
    FROM day
),
new AS (
    SELECT user_key, id, CASE WHEN anybody_before >= event_time - CAST($baseline AS INTERVAL) THEN 'user'
        ELSE 'tenant' END
               AS new_for
    FROM arrival
    WHERE coalesce(user_before < event_time - CAST($baseline AS INTERVAL), true)
      AND elsewhere_before >= event_time - CAST($baseline AS INTERVAL)
)
SELECT u.event_time, u.user_upn, u.country, u.city, u.ip_address, u.autonomous_system_number, u.app_name, u.signin_type,
       n.new_for, CASE n.new_for WHEN 'user' THEN 'low' ELSE 'medium' END AS severity,
       concat(u.user_upn, ' signed in from ', u.country, ', new for ',
              CASE n.new_for WHEN 'user' THEN 'this user' ELSE 'the tenant' END,
              ', at ', coalesce(u.ip_address, 'an unknown address')) AS finding,
       u.event_time AS first_time, u.event_time AS last_time, make_array(u.id) AS event_ids
FROM new AS n JOIN user_signin AS u ON u.id = n.id AND u.user_key = n.user_key
ORDER BY event_time, user_upn, u.id
