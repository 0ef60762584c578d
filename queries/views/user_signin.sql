-- name: user_signin
-- about: One row per sign-in of a user, interactive or not, with what the investigations ask of it decided once.
--     Sign-ins of service principals and managed identities are the view `workload_signin`.
-- column user_key: What the sign-ins of one user share: the object id; of a name that is no user, that name. Lower
--     case.
-- column user_upn: User principal name, else display name, else object id.
-- column origin: Where an attempt comes from: the address; of IPv6 its /64, in which one machine changes at will.
-- column network: Network of the address: /24 of IPv4, /64 of IPv6.
-- column place: City, state and country, as far as known.
-- column system: Family of the operating system (`windows`, `macos`, `ios`, `android`, `linux`), however it is spelled.
-- column first_factor: `wrong`: the name or the first credential was not accepted, that is error 50034 (no such user),
--     50052 and 50126 (wrong password), 50053 (locked out, or an address with a bad name), 50054 (an old password),
--     50056 and 50064 (none to check against), 50057 (disabled user), 50181 and 50184 (wrong one-time passcode) or
--     130503 (wrong Temporary Access Pass). `right`: it was accepted, whatever came after, that is a success that was
--     no silent renewal, or an error that is only given once the first credential was right: 50055 and 50144 (expired),
--     50072, 50074, 50076, 50079, 50158 and 500121 (second factor), 50105, 50131, 53000 to 53011 and 530001 to 530036
--     (stopped by assignment or Conditional Access), 50125, 50135, 50137, 50142, 50140, 50203 and 65001 (a page on the
--     way). NULL: it says nothing of a credential, as do interrupts and silent renewals.
-- column is_legacy: Whether the client used a protocol that knows no second factor (IMAP4, POP3, SMTP, Exchange
--     ActiveSync, older Exchange protocols, `Other clients`).
SELECT event_time, id, tenant_id, correlation_id, signin_type, result, error_code, failure_reason, status_details,
       user_key, coalesce(user_upn, user_name, user_id) AS user_upn, user_type, app_id, app_name, resource_id,
       resource_name,
       ip_address, CASE WHEN ip_address LIKE '%:%' THEN ip_network(ip_address, 32, 64) ELSE ip_address END AS origin,
       ip_network(ip_address, 24, 64) AS network, autonomous_system_number,
       city, state, country, nullif(concat_ws(', ', city, state, country), '') AS place, latitude, longitude,
       user_agent,
       CASE
           WHEN operating_system ILIKE 'windows%' THEN 'windows'
           WHEN operating_system ILIKE 'mac%' THEN 'macos'
           WHEN operating_system ILIKE 'ios%' OR operating_system ILIKE 'ipad%' THEN 'ios'
           WHEN operating_system ILIKE 'android%' THEN 'android'
           WHEN operating_system ILIKE 'linux%' OR operating_system ILIKE 'ubuntu%' THEN 'linux'
       END AS system,
       client_app, is_legacy, authentication_protocol, original_transfer_method, authentication_requirement,
       incoming_token_type, session_id, unique_token_id, device_id, device_name, operating_system, browser,
       device_compliant, device_managed, device_trust_type, conditional_access, risk_level, risk_level_during_signin,
       risk_state,
       CASE
           WHEN error_code IN (50034, 50052, 50053, 50054, 50056, 50057, 50064, 50126, 50181, 50184, 130503)
               THEN 'wrong'
           WHEN (signin_type = 'non_interactive') AND NOT is_legacy
                AND (lower(authentication_protocol) IS DISTINCT FROM 'ropc') THEN NULL
           WHEN result = 'success' THEN 'right'
           WHEN error_code IN (50055, 50072, 50074, 50076, 50079, 50105, 50125, 50131, 50135, 50137, 50140, 50142,
               50144,
                               50158, 50203, 65001, 500121)
                OR error_code BETWEEN 53000 AND 53011 OR error_code BETWEEN 530001 AND 530036 THEN 'right'
       END AS first_factor
FROM (
    SELECT *,
           lower(CASE WHEN user_id IS NULL OR user_id = '00000000-0000-0000-0000-000000000000'
                      THEN coalesce(user_upn, user_name) ELSE user_id END) AS user_key,
           coalesce(lower(client_app) IN (
               'authenticated smtp', 'autodiscover', 'exchange activesync', 'exchange online powershell',
               'exchange web services', 'imap', 'imap4', 'mapi over http', 'offline address book',
               'outlook anywhere (rpc over http)', 'outlook service', 'pop', 'pop3', 'reporting web services', 'smtp'
           ) OR client_app ILIKE 'other clients%', false) AS is_legacy
    FROM signin
    WHERE signin_type IS NULL OR signin_type IN ('interactive', 'non_interactive')
)
WHERE user_key IS NOT NULL
