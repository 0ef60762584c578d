-- name: Suspicious user agents
-- question: Who signed in, or tried to, with an attack tool, a script or a bare HTTP library?
-- kind: detection
-- technique: T1087.004
-- severity: high
-- needs: signin
-- param: kind text optional; Only tools of this kind: attack, scripting, library or legacy.
-- caveat: Known tools are in `ref_user_agent`; a user agent is whatever the client claims, and careful ones claim a
--     browser.
-- caveat: One row per user, tool and application; of users who never got in with the tool one row per address, whose
--     `user_upn` names the first five. Service principals are shown for attack tools only: programs are what they are
--     for.
-- caveat: high: an attack tool succeeded; medium: one failed, or a library got in that a browser's user hardly uses
--     interactively; low: scripting tools, old mail clients and what failed. `event_ids` holds the first 1000.
WITH agent AS (
    SELECT user_agent, tool, kind, why
    FROM (
        SELECT a.user_agent, r.tool, r.kind, r.why,
               row_number() OVER (PARTITION BY a.user_agent
                                  ORDER BY CASE r.kind WHEN 'attack' THEN 0 ELSE 1 END, length(r.pattern) DESC,
                                  r.tool) AS choice
        FROM (SELECT DISTINCT user_agent FROM signin WHERE user_agent IS NOT NULL) AS a
        JOIN ref_user_agent AS r ON a.user_agent ILIKE r.pattern
    )
    WHERE choice = 1 AND ($kind IS NULL OR kind = $kind)
),
used AS (
    SELECT coalesce(s.user_upn, s.user_name, s.user_id, s.service_principal_name, s.service_principal_id, s.app_name,
        s.app_id)
               AS who,
           lower(coalesce(nullif(s.user_id, '00000000-0000-0000-0000-000000000000'), s.user_upn, s.user_name,
                          s.service_principal_id, s.app_id)) AS who_key,
           s.event_time, s.id, s.result, s.signin_type, s.app_id, s.app_name, s.ip_address, s.country,
           a.user_agent, a.tool, a.kind, a.why
    FROM signin AS s JOIN agent AS a ON a.user_agent = s.user_agent
    WHERE a.kind = 'attack' OR (s.signin_type NOT IN ('service_principal', 'managed_identity')) OR s.signin_type IS NULL
),
grouped AS (
    -- Who never got in with a tool is one of many who were tried with it: one row for them all.
    SELECT got_in_key, failing_ip, tool, kind, coalesce(app_name, app_id) AS app_name, count(DISTINCT who_key) AS users,
           array_slice(array_agg(DISTINCT who ORDER BY who), 1, 5) AS who, max(why) AS why,
           first_value(user_agent ORDER BY event_time, id) AS user_agent,
           count(*) FILTER (WHERE result = 'success') AS successes,
           count(*) FILTER (WHERE result IS DISTINCT FROM 'success') AS failures,
           bool_or(result = 'success' AND (signin_type IS DISTINCT FROM 'non_interactive')) AS got_in,
           count(DISTINCT ip_address) AS addresses, first_value(ip_address ORDER BY event_time, id) AS ip_address,
           min(event_time) AS first_time, max(event_time) AS last_time,
           array_slice(array_agg(id ORDER BY event_time, id), 1, 1000) AS event_ids
    FROM (
        SELECT *, CASE WHEN ever_in THEN who_key END AS got_in_key,
               CASE WHEN NOT ever_in THEN coalesce(ip_address, '') END AS failing_ip
        FROM (SELECT *, coalesce(bool_or(result = 'success') OVER (PARTITION BY who_key, tool), false) AS ever_in
            FROM used)
    )
    GROUP BY got_in_key, failing_ip, tool, kind, coalesce(app_name, app_id)
)
SELECT first_time AS event_time, array_to_string(who, ', ') AS user_upn, users, tool, kind, user_agent, app_name,
       ip_address,
       addresses, successes, failures, why,
       CASE
           WHEN kind = 'attack' AND successes > 0 THEN 'high'
           WHEN kind = 'attack' OR kind = 'library' AND got_in THEN 'medium'
           ELSE 'low'
       END AS severity,
       concat(CASE WHEN users > 1 THEN concat(users, ' users') ELSE coalesce(who[1], 'somebody unknown') END,
              CASE WHEN successes > 0 THEN ' signed in' ELSE ' failed to sign in' END, coalesce(' to ' || app_name, ''),
              ' with ', tool, ', from ', coalesce(ip_address, 'an unknown address')) AS finding,
       first_time, last_time, event_ids
FROM grouped
ORDER BY event_time, user_upn, tool, app_name, event_ids[1]
