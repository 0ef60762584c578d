-- name: workload_signin
-- about: One row per sign-in of a service principal or a managed identity. Those of users are the view `user_signin`.
-- column principal_key: What the sign-ins of one principal share: its object id, else its application id. Lower case.
-- column principal_name: Name of the service principal, else of the application, else the id.
-- column network: Network of the address: /24 of IPv4, /64 of IPv6.
SELECT event_time, id, tenant_id, correlation_id, signin_type, result, error_code, failure_reason,
       lower(coalesce(service_principal_id, app_id)) AS principal_key,
       coalesce(service_principal_name, app_name, service_principal_id, app_id) AS principal_name,
       service_principal_id, app_id, app_name, credential_key_id, resource_id, resource_name, ip_address,
       ip_network(ip_address, 24, 64) AS network, autonomous_system_number, city, country, user_agent, unique_token_id,
       home_tenant_id, resource_tenant_id
FROM signin
WHERE coalesce(service_principal_id, app_id) IS NOT NULL
  AND (signin_type IN ('service_principal', 'managed_identity')
       OR signin_type IS NULL AND user_id IS NULL AND user_upn IS NULL AND service_principal_id IS NOT NULL)
