-- name: Sign-in failures
-- question: Why did sign-ins not succeed, how often, for how many users and from how many addresses?
-- kind: report
-- needs: signin
-- param: user text optional; Only this user: object id or user principal name.
-- caveat: An interrupt is no failure: the user was sent through a further step, and the next sign-in tells the end.
-- caveat: Non-interactive sign-ins repeat by themselves: judge by `users` and `addresses`, not by `signins`.
WITH attempt AS (
    SELECT event_time, error_code, result, failure_reason, signin_type, ip_address,
           lower(coalesce(nullif(user_id, '00000000-0000-0000-0000-000000000000'), user_upn, user_name)) AS user_key,
           lower(coalesce(service_principal_id, service_principal_name)) AS principal_key
    FROM signin
    WHERE (result IS DISTINCT FROM 'success')
      AND ($user IS NULL OR lower(user_id) = lower($user) OR lower(user_upn) = lower($user))
)
SELECT a.error_code, coalesce(max(e.kind), max(replace(a.result, 'interrupted', 'interrupt'))) AS kind,
       coalesce(max(e.meaning), max(a.failure_reason)) AS meaning,
       count(*) AS signins, count(*) FILTER (WHERE a.signin_type = 'non_interactive') AS non_interactive,
       count(DISTINCT a.user_key) AS users, count(DISTINCT a.principal_key) AS service_principals,
       count(DISTINCT a.ip_address) AS addresses, min(a.event_time) AS first_time, max(a.event_time) AS last_time
FROM attempt AS a LEFT JOIN ref_error AS e ON e.error_code = a.error_code
GROUP BY a.error_code
ORDER BY signins DESC, error_code
