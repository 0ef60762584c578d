-- name: Impossible travel
-- question: Which users succeeded from two places that are too far apart for the time between?
-- kind: detection
-- technique: T1078.004
-- severity: high
-- needs: signin
-- param: max_kmh number = 900; Speed that is possible.
-- param: min_km number = 500; Distance from which on it counts: places of addresses are guesses.
-- caveat: Compares each success with the user's one before; silent renewals (non-interactive) are left out, as phones
--     and proxies move them about: see `signin/token-replay` for these.
-- caveat: Two places of one network (autonomous system) do not count; a VPN or proxy does, unless it is the same
--     network.
-- caveat: One row per user and pair of places, the first time in full; `times` says how often it happened.
-- caveat: high: Microsoft saw a medium or high risk in one of the sign-ins, which was neither remediated (by a second
--     factor, say) nor dismissed; medium: two countries, at most twice; else
--     low.
WITH arrival AS (
    SELECT user_key, user_upn, event_time, id, ip_address, place, country, latitude, longitude,
           autonomous_system_number,
           is_risky,
           lag(event_time) OVER w AS time_1, lag(id) OVER w AS id_1, lag(ip_address) OVER w AS ip_1,
           lag(place) OVER w AS place_1, lag(country) OVER w AS country_1, lag(latitude) OVER w AS latitude_1,
           lag(longitude) OVER w AS longitude_1, lag(autonomous_system_number) OVER w AS autonomous_system_1,
           lag(is_risky) OVER w AS is_risky_1
    FROM (
        SELECT *, coalesce(risk_level_during_signin IN ('medium', 'high'), false)
                      AND coalesce(risk_state NOT IN ('remediated', 'dismissed', 'confirmedSafe'), true) AS is_risky
        FROM user_signin
        WHERE result = 'success' AND (signin_type IS DISTINCT FROM 'non_interactive')
          AND latitude IS NOT NULL AND longitude IS NOT NULL
    )
    WINDOW w AS (PARTITION BY user_key ORDER BY event_time, id)
),
jump AS (
    SELECT *, distance_km(latitude_1, longitude_1, latitude, longitude) AS km,
           CAST(extract(epoch FROM event_time) - extract(epoch FROM time_1) AS DOUBLE) / 3600 AS hours
    FROM arrival
    WHERE (latitude <> latitude_1 OR longitude <> longitude_1)
      AND coalesce(autonomous_system_number <> autonomous_system_1, true)
),
-- One row per user and pair of places, whichever came first.
pair AS (
    SELECT user_key, least(coalesce(place, ip_address, ''), coalesce(place_1, ip_1, '')) AS here,
           greatest(coalesce(place, ip_address, ''), coalesce(place_1, ip_1, '')) AS there, count(*) AS times,
           bool_or(is_risky OR coalesce(is_risky_1, false)) AS is_risky,
           bool_or(country <> country_1) AS other_country, max(event_time) AS last_time,
           first_value(make_array(user_upn, ip_1, place_1, ip_address, place) ORDER BY event_time, id) AS facts,
           first_value(time_1 ORDER BY event_time, id) AS time_1, min(event_time) AS time_2,
           first_value(km ORDER BY event_time, id) AS km, first_value(hours ORDER BY event_time, id) AS hours,
           array_slice(array_distinct(flatten(array_agg(make_array(id_1, id) ORDER BY event_time, id))), 1, 1000)
               AS event_ids
    FROM jump
    WHERE km >= $min_km AND km > $max_kmh * hours
    GROUP BY 1, 2, 3
)
SELECT facts[1] AS user_upn, time_1, facts[2] AS ip_1, facts[3] AS place_1, time_2, facts[4] AS ip_2,
       facts[5] AS place_2,
       CAST(round(km, 0) AS BIGINT) AS km, CAST(round(km / greatest(hours, 1.0 / 3600), 0) AS BIGINT) AS kmh, times,
       CASE WHEN is_risky THEN 'high' WHEN other_country AND times <= 2 THEN 'medium' ELSE 'low' END AS severity,
       concat(facts[1], ' signed in from ', coalesce(facts[3], facts[2], 'one place'), ' and ',
              CASE WHEN hours < 2 THEN concat(CAST(round(hours * 60, 0) AS BIGINT), ' minutes')
                   ELSE concat(CAST(round(hours, 0) AS BIGINT), ' hours') END,
              ' later from ', coalesce(facts[5], facts[4], 'another'), ', ', CAST(round(km, 0) AS BIGINT), ' km away',
              CASE WHEN times > 1 THEN concat(' (', times, ' times)') ELSE '' END) AS finding,
       time_1 AS first_time, last_time, event_ids
FROM pair
ORDER BY time_2, user_upn, here, there, user_key
