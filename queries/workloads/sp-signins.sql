-- name: Service principal sign-ins
-- question: Which service principals and managed identities sign in, to what, from where, with which credential?
-- kind: report
-- needs: signin
-- param: app text optional; Only this one: name, application id or object id of the service principal.
-- caveat: One row per principal, credential and resource; `addresses` lists the first five.
SELECT max(principal_name) AS principal_name, signin_type, max(app_id) AS app_id, principal_key AS service_principal_id,
       credential_key_id, resource_name, count(*) AS signins,
       count(*) FILTER (WHERE result IS DISTINCT FROM 'success') AS failures,
       count(DISTINCT ip_address) AS ips,
       array_slice(array_agg(DISTINCT ip_address ORDER BY ip_address) FILTER (WHERE ip_address IS NOT NULL), 1, 5)
           AS addresses,
       array_agg(DISTINCT country ORDER BY country) FILTER (WHERE country IS NOT NULL) AS countries,
       min(event_time) AS first_time, max(event_time) AS last_time
FROM workload_signin
WHERE $app IS NULL OR lower(principal_name) = lower($app) OR lower(app_name) = lower($app)
    OR lower(app_id) = lower($app)
   OR principal_key = lower($app)
GROUP BY signin_type, principal_key, credential_key_id, coalesce(resource_id, resource_name), resource_name
ORDER BY principal_name, service_principal_id, signin_type, credential_key_id, resource_name, first_time
