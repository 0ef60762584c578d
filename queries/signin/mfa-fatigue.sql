-- name: MFA fatigue
-- question: Which users denied or ignored prompt after prompt, and did they approve one in the end?
-- kind: detection
-- technique: T1621
-- severity: high
-- needs: signin
-- param: window duration = 10m; Time that the prompts take, at most; also how soon after them the approval comes.
-- param: min integer = 4; Denied or unanswered prompts within the window, at least.
-- caveat: A prompt is a notification or a call, as the view `mfa_prompt` has it: a wrong code is none.
-- caveat: high: the user reported fraud, or approved a prompt of a sign-in from a network (/24 of IPv4, /64 of IPv6)
--     without an earlier success of this user, who has others; medium: the rest, also if the archive knows no earlier
--     success.
-- caveat: Downloads without the steps of the authentication (`authenticationDetails`) show one prompt a sign-in.
WITH prompt AS (
    SELECT user_key, user_upn, event_time, signin_id, ip_address, answer, answer <> 'approved' AS refused,
           max(CASE WHEN answer <> 'approved' THEN event_time END)
               OVER (PARTITION BY user_key ORDER BY event_time, signin_id, answer
                     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_refusal
    FROM mfa_prompt
),
-- What is no further than the window from the refusal before belongs together.
grouped AS (
    SELECT *, sum(CASE WHEN event_time <= last_refusal + CAST($window AS INTERVAL) THEN 0 ELSE 1 END)
                  OVER (PARTITION BY user_key ORDER BY event_time, signin_id, answer ROWS UNBOUNDED PRECEDING) AS series
    FROM prompt
),
counted AS (
    SELECT *, min(CASE WHEN refused AND nth_refusal >= event_time - CAST($window AS INTERVAL) THEN event_time END)
                  OVER (PARTITION BY user_key, series) AS reached
    FROM (
        SELECT *, lag(event_time, $min - 1)
                      OVER (PARTITION BY user_key, series, refused ORDER BY event_time, signin_id, answer)
                          AS nth_refusal
        FROM grouped
    )
),
episode AS (
    SELECT user_key, series, max(user_upn) AS user_upn, min(event_time) FILTER (WHERE refused) AS first_prompt,
           max(event_time) FILTER (WHERE refused) AS last_prompt, count(*) FILTER (WHERE refused) AS prompts,
           count(*) FILTER (WHERE answer = 'denied') AS denied,
           count(*) FILTER (WHERE answer = 'unanswered') AS unanswered,
           count(*) FILTER (WHERE answer = 'fraud') AS fraud_reports,
           array_agg(DISTINCT ip_address ORDER BY ip_address) FILTER (WHERE refused AND ip_address IS NOT NULL) AS ips,
           min(event_time) FILTER (WHERE NOT refused AND event_time > reached) AS approved_at,
           first_value(ip_address ORDER BY event_time, signin_id) FILTER (WHERE NOT refused AND event_time > reached)
               AS approved_ip,
           array_distinct(array_agg(signin_id ORDER BY event_time, signin_id)
                              FILTER (WHERE refused OR event_time > reached)) AS event_ids
    FROM counted
    WHERE reached IS NOT NULL
    GROUP BY user_key, series
),
-- When each user first succeeded from each network.
known AS (
    SELECT user_key, network, min(event_time) AS since,
           min(min(event_time)) OVER (PARTITION BY user_key) AS user_since
    FROM user_signin
    WHERE result = 'success'
    GROUP BY user_key, network
)
SELECT e.user_upn, e.first_prompt AS window_start, e.prompts, e.denied, e.unanswered, e.fraud_reports, e.ips,
       e.approved_at, e.approved_ip,
       CASE
           WHEN e.fraud_reports > 0 OR k.user_since < e.first_prompt AND k.since >= e.first_prompt THEN 'high'
           ELSE 'medium'
       END AS severity,
       concat(coalesce(e.user_upn, e.user_key), ' refused or ignored ', e.prompts, ' prompts',
              CASE WHEN e.fraud_reports > 0 THEN ', reported fraud' ELSE '' END,
              CASE WHEN e.approved_at IS NOT NULL
                   THEN concat(' and then approved one for ', coalesce(e.approved_ip, 'an unknown address'))
                   ELSE ' and approved none' END) AS finding,
       e.first_prompt AS first_time, coalesce(greatest(e.approved_at, e.last_prompt), e.last_prompt) AS last_time,
       e.event_ids
FROM episode AS e LEFT JOIN known AS k ON k.user_key = e.user_key AND k.network = ip_network(e.approved_ip, 24, 64)
ORDER BY window_start, user_upn, e.user_key
