-- name: b2c_event
-- about: One row per event of Azure AD B2C, with its facts found by key, never by position.
-- column policy: User flow or custom policy: detail `PolicyId`.
-- column app_id: Application (client) id that the token or call was for: detail `ApplicationId`, older `ClientId`,
--     else the application that acted.
-- column user_id: Object id of the consumer (or of the user that an administrator acted on).
-- column token_kind: What was issued: `id_token`, `access_token`, `authorization_code`, `saml_assertion` or
--     `refresh` (a refresh token exchanged for new tokens); NULL for every other activity.
-- column idp: Identity provider: detail `IdentityProviderName`.
-- column ip: Address of the consumer: detail `ClientIpAddress`, else of the administrator.
-- column user_agent: Browser of the consumer: detail `Client`, else of the administrator.
SELECT event_time, id, tenant_id, correlation_id, category, activity, result, result_reason,
       actor_type, actor_id, actor_upn,
       policy_id AS policy,
       coalesce(application_id, actor_app_id, actor_service_principal_name) AS app_id,
       coalesce(target_of_type(targets, 'User'), CASE WHEN target_type IS NULL THEN target_id END) AS user_id,
       CASE activity
           WHEN 'Issue an id_token to the application' THEN 'id_token'
           WHEN 'Issue an access token to the application' THEN 'access_token'
           WHEN 'Issue an authorization code to the application' THEN 'authorization_code'
           WHEN 'Issue a SAML assertion to the application' THEN 'saml_assertion'
           WHEN 'Exchange token' THEN 'refresh'
       END AS token_kind,
       identity_provider AS idp,
       coalesce(client_ip, actor_ip) AS ip,
       coalesce(detail(details, 'Client'), actor_user_agent) AS user_agent
FROM audit
WHERE service = 'B2C'
