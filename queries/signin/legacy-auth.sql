-- name: Legacy authentication
-- question: Who still signs in by old protocols that know no second factor, and does it work?
-- kind: report
-- technique: T1078.004
-- needs: signin
-- param: user text optional; Only this user: object id or user principal name.
-- caveat: Old are the clients for which `user_signin.is_legacy` is true. `failures` are wrong credentials and refusals,
--     not interrupts.
-- caveat: Users who only fail, from addresses all over the world, are being guessed at; those who succeed use it.
SELECT coalesce(client_app, 'unknown') AS client_app, max(user_upn) AS user_upn,
       count(*) FILTER (WHERE result = 'success') AS successes, count(*) FILTER (WHERE result = 'failure') AS failures,
       count(DISTINCT ip_address) AS addresses, count(DISTINCT country) AS countries,
       min(event_time) AS first_time, max(event_time) AS last_time,
       max(event_time) FILTER (WHERE result = 'success') AS last_success
FROM user_signin
WHERE is_legacy AND ($user IS NULL OR user_key = lower($user) OR lower(user_upn) = lower($user))
GROUP BY coalesce(client_app, 'unknown'), user_key
ORDER BY successes DESC, failures DESC, client_app, user_upn, user_key
