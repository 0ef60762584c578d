-- name: b2c_token
-- about: One row per token that Azure AD B2C issued: the successful events among the activities `Issue an id_token`,
--     `… an access token`, `… an authorization code`, `… a SAML assertion to the application` and `Exchange token`.
-- column policy: User flow or custom policy that issued it.
-- column app_id: Application (client) id that it was issued to.
-- column user_id: Object id of the consumer that it was issued for.
-- column token_kind: `id_token`, `access_token`, `authorization_code`, `saml_assertion` or `refresh`.
-- column idp: Identity provider that the consumer signed in with.
-- column ip: Address of the consumer.
-- column user_agent: Browser of the consumer.
SELECT event_time, id, tenant_id, correlation_id, activity, policy, app_id, user_id, token_kind, idp, ip, user_agent
FROM b2c_event
WHERE result = 'success'
  AND activity IN ('Issue an id_token to the application', 'Issue an access token to the application',
                   'Issue an authorization code to the application', 'Issue a SAML assertion to the application',
                   'Exchange token')
