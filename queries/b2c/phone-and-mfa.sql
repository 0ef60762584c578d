-- name: Phone, mail and code verifications
-- question: How often are phone numbers, mail addresses and codes verified, how often does it fail, why, and for
--     which numbers and addresses?
-- kind: report
-- technique: T1621
-- needs: audit
-- param: method text optional; Only one of sms, call, phone, email, code, totp, device.
-- param: digits integer = 3; Leading digits of the number that are told apart (country, or country and network).
-- caveat: The method is told by the activity; of `Verify phone number` by the detail `VerificationMethod`, else
--     `phone`.
-- caveat: A `send` that succeeded was handed over, not delivered. A send and the verification that follows it are two
--     events.
-- caveat: Older events, and many of today's, do not name the number: `phone_prefix` is empty and `phones` 0.
WITH verification AS (
    SELECT *, lower(activity) AS key
    FROM b2c_event
    WHERE step IN ('send', 'verify', 'enrol')
),
told AS (
    SELECT *,
           CASE
               WHEN key = 'send sms to verify phone number' THEN 'sms'
               WHEN key = 'make phone call to verify phone number' THEN 'call'
               WHEN key = 'verify phone number' AND verification_method ILIKE '%sms%' THEN 'sms'
               WHEN key = 'verify phone number' AND verification_method ILIKE '%call%' THEN 'call'
               WHEN key = 'verify phone number' THEN 'phone'
               WHEN key IN ('send verification email', 'verify email address') THEN 'email'
               WHEN key LIKE '%one time password' THEN 'code'
               WHEN key = 'register totp secret' THEN 'totp'
               ELSE 'device'
           END AS method
    FROM verification
)
SELECT method, first_value(activity ORDER BY activity) AS activity, result, result_reason AS reason,
       left(phone, CAST($digits AS INT) + CASE WHEN phone LIKE '+%' THEN 1 ELSE 0 END) AS phone_prefix,
       count(*) AS attempts, count(DISTINCT user_id) AS users, count(DISTINCT phone) AS phones,
       count(DISTINCT ip) AS ips, min(event_time) AS first_event, max(event_time) AS last_event
FROM told
WHERE $method IS NULL OR method = lower($method)
GROUP BY method, key, result, result_reason, phone_prefix
ORDER BY method, key, result DESC, attempts DESC, reason, phone_prefix
