-- name: SMS pumping
-- question: Which addresses or ranges of numbers have bursts of codes sent by SMS or call that hardly anybody enters?
-- kind: detection
-- technique: T1496
-- severity: high
-- needs: audit
-- param: min integer = 20; Codes sent within the window.
-- param: window duration = 1h; Length of the sliding window.
-- param: max_completion number = 0.2; Verified numbers per code sent, at most.
-- param: digits integer = 5; Leading digits of the number that make a range.
-- caveat: Sends are `Send SMS …` and `Make phone call to verify phone number`, refused ones too; verified are
--     successful `Verify phone number`. One row per burst of an address (`by` = address) or a range (`by` = prefix);
--     a burst can be in both. Ranges are only seen where the events name the number.
-- caveat: Policies that verify in another way (a code service of their own) never log `Verify phone number`: their
--     completion is 0 whoever asks. high needs ten times `min` sends, completion below 0.05, and somebody in the
--     archive who did complete; the rest is medium where a range or one address had fewer completions than a tenth,
--     else low.
WITH call AS (
    SELECT event_time, id, ip, phone, user_id, lower(activity) <> 'verify phone number' AS is_send,
           lower(activity) = 'verify phone number' AND result = 'success' AS is_verified,
           left(phone, CAST($digits AS INT) + CASE WHEN phone LIKE '+%' THEN 1 ELSE 0 END) AS prefix,
           extract(epoch FROM event_time) / extract(epoch FROM $window) AS t
    FROM b2c_event
    WHERE step IN ('send', 'verify')
      AND lower(activity) IN ('send sms to verify phone number', 'make phone call to verify phone number',
                              'verify phone number')
),
side AS (
    SELECT 'address' AS by, ip AS key, * FROM call WHERE ip IS NOT NULL
    UNION ALL
    SELECT 'prefix' AS by, prefix AS key, * FROM call WHERE prefix IS NOT NULL
),
counted AS (
    SELECT *, count(*) FILTER (WHERE is_send) OVER before AS sends_before,
           count(*) FILTER (WHERE is_verified) OVER around AS verified_around
    FROM side
    WINDOW before AS (PARTITION BY by, key ORDER BY t RANGE BETWEEN 1 PRECEDING AND CURRENT ROW),
           -- Whoever was just sent a code needs time to enter it.
           around AS (PARTITION BY by, key ORDER BY t RANGE BETWEEN 1 PRECEDING AND 0.25 FOLLOWING)
),
-- A row belongs to a burst if a window that holds it has enough sends and too few completions.
marked AS (
    SELECT *, max(CASE WHEN sends_before >= $min AND verified_around <= $max_completion * sends_before
                  THEN 1 ELSE 0 END)
                  OVER (PARTITION BY by, key ORDER BY t RANGE BETWEEN CURRENT ROW AND 1 FOLLOWING) AS is_burst
    FROM counted
),
numbered AS (
    SELECT *, sum(is_first) OVER (PARTITION BY by, key ORDER BY t, id) AS burst
    FROM (
        SELECT *, CASE WHEN t - lag(t) OVER (PARTITION BY by, key ORDER BY t, id) <= 1 THEN 0 ELSE 1 END AS is_first
        FROM marked
        WHERE is_burst = 1
    )
),
found AS (
    SELECT by, key, burst, count(*) FILTER (WHERE is_send) AS sends, max(sends_before) AS most_sends,
           count(*) FILTER (WHERE is_verified) AS verified,
           CAST(count(*) FILTER (WHERE is_verified) AS DOUBLE) / count(*) FILTER (WHERE is_send) AS completion,
           count(DISTINCT phone) AS phones, count(DISTINCT prefix) AS prefixes, count(DISTINCT ip) AS ips,
           count(DISTINCT user_id) AS users, min(event_time) AS first_time, max(event_time) AS last_time,
           array_agg(id ORDER BY event_time, id) AS event_ids
    FROM numbered
    GROUP BY by, key, burst
)
SELECT first_time AS window_start, by, CASE WHEN by = 'address' THEN key END AS ip,
       CASE WHEN by = 'prefix' THEN key END AS phone_prefix, sends, most_sends, verified,
       round(completion, 3) AS completion, phones, prefixes, ips, users,
       CASE WHEN sends >= 10 * $min AND completion < 0.05 AND (SELECT count(*) FROM call WHERE is_verified) > 0
                THEN 'high'
            WHEN completion < 0.1 THEN 'medium'
            ELSE 'low' END AS severity,
       concat(CASE WHEN by = 'address' THEN 'Address ' ELSE 'Numbers that begin ' END, key, ' had ', sends,
              ' codes sent, of which ', verified, ' were entered') AS finding,
       first_time, last_time, event_ids
FROM found
ORDER BY first_time, by, key, burst
