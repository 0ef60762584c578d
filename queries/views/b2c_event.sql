-- name: b2c_event
-- about: One row per event of Azure AD B2C, with its facts found by key, never by position.
-- column policy: User flow or custom policy: detail `PolicyId`.
-- column app_id: Application (client) id that the token or call was for: detail `ApplicationId`, older `ClientId`,
--     else the application that acted.
-- column user_id: Object id of the consumer (or of the user that an administrator acted on).
-- column username: Name that was typed to sign in with a local account: detail `LocalAccountUsername`.
-- column step: What the activity is in a consumer's journey: `password`, `federation`, `send` (a code by SMS, call or
--     mail), `verify` (the code, phone or mail), `enrol` (TOTP, strong authentication devices), `authentication`,
--     `client`, `access` (Conditional Access), `api`, `token`; `other` if the category is a consumer's and the
--     activity unknown; NULL for what administrators do. Told by the activity, in any letter case, not by the
--     category: the same activity occurs under several.
-- column token_kind: What was issued: `id_token`, `access_token`, `authorization_code`, `saml_assertion` or `refresh`
--     (a refresh token exchanged for new tokens); NULL for every other activity.
-- column idp: Identity provider: detail `IdentityProviderName`.
-- column idp_app_id: The tenant's application at the identity provider: detail `IdentityProviderApplicationId`.
-- column phone: Number that was called or sent a code, without blanks and brackets: detail `PhoneNumber`.
-- column verification_method: How a number was verified, e.g. `SMS` or `PhoneCall`: detail `VerificationMethod`.
-- column conditional_access: What Conditional Access asked for: detail `ConditionalAccessResult`.
-- column applied_policies: Conditional Access policies that were on and met: detail `AppliedPolicies`.
-- column report_only_policies: Report-only ones that were met: detail `ReportingPolicies`.
-- column object: Name (else id) of what an administrator acted on: the first target.
-- column object_type: Its type.
-- column ip: Address of the consumer: detail `ClientIpAddress`, else of the administrator.
-- column user_agent: Browser of the consumer: detail `Client`, else of the administrator.
SELECT event_time, id, tenant_id, correlation_id, category, activity, result, result_reason,
       actor_type, actor_id, actor_upn, actor_name,
       policy_id AS policy,
       coalesce(application_id, actor_app_id, actor_service_principal_name) AS app_id,
       coalesce(target_of_type(targets, 'User'), CASE WHEN target_type IS NULL THEN target_id END) AS user_id,
       detail(details, 'LocalAccountUsername') AS username,
       CASE lower(activity)
           WHEN 'issue an id_token to the application' THEN 'token'
           WHEN 'issue an access token to the application' THEN 'token'
           WHEN 'issue an authorization code to the application' THEN 'token'
           WHEN 'issue a saml assertion to the application' THEN 'token'
           WHEN 'exchange token' THEN 'token'
           WHEN 'validate local account credentials' THEN 'password'
           WHEN 'federate with an identity provider' THEN 'federation'
           WHEN 'validate client credentials' THEN 'client'
           WHEN 'validate user authentication' THEN 'authentication'
           WHEN 'send sms to verify phone number' THEN 'send'
           WHEN 'make phone call to verify phone number' THEN 'send'
           WHEN 'send verification email' THEN 'send'
           WHEN 'generate one time password' THEN 'send'
           WHEN 'verify phone number' THEN 'verify'
           WHEN 'verify email address' THEN 'verify'
           WHEN 'verify one time password' THEN 'verify'
           WHEN 'register totp secret' THEN 'enrol'
           WHEN 'get available strong authentication devices' THEN 'enrol'
           WHEN 'delete all available strong authentication devices' THEN 'enrol'
           WHEN 'evaluate conditional access policies' THEN 'access'
           WHEN 'remediate user' THEN 'access'
           WHEN 'an api was called as part of a user flow' THEN 'api'
           WHEN 'a self-service sign-up request was completed' THEN 'api'
           ELSE CASE WHEN category IN ('Authentication', 'IdentityProtection', 'Other') THEN 'other' END
       END AS step,
       CASE activity
           WHEN 'Issue an id_token to the application' THEN 'id_token'
           WHEN 'Issue an access token to the application' THEN 'access_token'
           WHEN 'Issue an authorization code to the application' THEN 'authorization_code'
           WHEN 'Issue a SAML assertion to the application' THEN 'saml_assertion'
           WHEN 'Exchange token' THEN 'refresh'
       END AS token_kind,
       identity_provider AS idp,
       detail(details, 'IdentityProviderApplicationId') AS idp_app_id,
       regexp_replace(detail(details, 'PhoneNumber'), '[\s().-]', '', 'g') AS phone,
       detail(details, 'VerificationMethod') AS verification_method,
       detail(details, 'ConditionalAccessResult') AS conditional_access,
       detail(details, 'AppliedPolicies') AS applied_policies,
       detail(details, 'ReportingPolicies') AS report_only_policies,
       coalesce(target_name, target_upn, target_id) AS object,
       target_type AS object_type,
       coalesce(client_ip, actor_ip) AS ip,
       coalesce(detail(details, 'Client'), actor_user_agent) AS user_agent
FROM audit
WHERE service = 'B2C'
