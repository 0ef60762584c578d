-- name: Provisioning outcomes
-- question: What did provisioning do for each application, and what was skipped or failed, why?
-- kind: report
-- needs: provisioning
-- param: app text optional; Only this application: name or object id of its service principal.
-- caveat: `reason` is only written for what did not succeed; equal reasons that name the object differ and make rows of
--     their own.
SELECT service_principal_name AS app_name, source_system, target_system, action, status, error_code, reason,
       count(*) AS events,
       count(DISTINCT coalesce(source_id, target_id)) AS objects, min(event_time) AS first_time,
       max(event_time) AS last_time
FROM provisioning
WHERE $app IS NULL OR lower(service_principal_name) = lower($app) OR lower(service_principal_id) = lower($app)
GROUP BY service_principal_id, service_principal_name, source_system, target_system, action, status, error_code, reason
ORDER BY app_name, source_system, target_system, action, status, error_code, reason, service_principal_id, first_time
