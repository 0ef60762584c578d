-- name: Sign-ins of a user
-- question: When, from where, to what and with which result did one user try to sign in?
-- kind: report
-- needs: signin
-- param: user text required; Object id or user principal name; case does not matter.
-- caveat: Attempts under a name that is no user are here under that name, and have no object id.
-- caveat: Places of addresses are guesses of the source.
SELECT event_time, signin_type, result, error_code,
       CASE WHEN (result IS DISTINCT FROM 'success') THEN failure_reason END AS reason,
       coalesce(app_name, app_id) AS app, coalesce(resource_name, resource_id) AS resource, ip_address AS ip, city,
       state, country, client_app AS client,
       operating_system AS os, browser, conditional_access, risk_level, correlation_id, id
FROM user_signin
WHERE lower(user_key) = lower($user) OR lower(user_upn) = lower($user)
ORDER BY event_time, id
